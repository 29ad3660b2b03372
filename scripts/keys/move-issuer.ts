import {
  describeIssuer,
  type IssuerState,
  moveToIssuer,
} from '../../gatekeeper/src/operations/tokens/own-issuers.ts'
import type { Report } from '../frame/program.ts'
import { hasFlag, refusePositionals } from '../frame/words.ts'
import type { KeyCommand } from './context.ts'

export const moveIssuer: KeyCommand = {
  summary: 'give our tokens another issuer name, after a change of OAUTH_ISSUER or of the site',
  usage: '[--yes]',
  options: { yes: { type: 'boolean' } },
  help: [
    '--yes   do it: tokens with the old name are accepted until they end, and new ones have the new name',
    'Without it the command only shows what would end. Start the gatekeeper again afterwards.',
  ],
  run: async (words, context) => {
    refusePositionals(words)
    const state = describeIssuer(context)
    if (state.from === null || state.from === state.to) return describeSame(state)
    if (!hasFlag(words, 'yes')) return describeMove(state)
    const { former } = await moveToIssuer(context)
    const lines = [
      `Tokens are issued as ${state.to} from the next start on.`,
      ...former.map(({ issuer, until }) => `Those of ${issuer} are accepted until ${until}.`),
    ]
    return { json: { ...state, former }, lines }
  },
}

function describeSame(state: IssuerState): Report {
  const lines = [
    `Tokens are issued as ${state.to}. Nothing has changed.`,
    ...state.former.map(({ issuer, until }) => `Those of ${issuer} are accepted until ${until}.`),
  ]
  return { json: state, lines }
}

function describeMove(state: IssuerState): Report {
  const { from, to, isUsed } = state
  const used = [
    `From ${from} to ${to}:`,
    '- Tokens that are held now are accepted here until they end; nobody has to ask for new ones.',
    `- A program that verifies our tokens itself refuses new ones until it accepts ${to}.`,
    `- A client that finds us by ${from}/.well-known/oauth-authorization-server finds nothing there.`,
  ]
  const unused = [`From ${from} to ${to}: no token was issued yet, so nothing ends.`]
  return { json: state, lines: isUsed ? used : unused, notes: ['Add --yes to do it.'] }
}
