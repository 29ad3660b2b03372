import { parseDuration } from '../../gatekeeper/src/lib/duration.ts'
import { exitCode } from '../../gatekeeper/src/lib/problem.ts'
import { rotateSigningKey } from '../../gatekeeper/src/oauth/signing-key-file.ts'
import { stringOf, UsageError } from '../words/words.ts'
import type { Command } from './command.ts'

/** Longer than anybody's cache of our key set, so that no token is signed by a key nobody knows. */
const leadMsDefault = 10 * 60_000
/** No token lasts longer, whatever its client says. */
const lifetimeMs = 86_400_000

export const rotateSigning: Command = {
  summary: 'begin to sign tokens with a new key',
  usage: '[--lead 10m]',
  options: { lead: { type: 'string' } },
  help: [
    '--lead D  how long the new key is published before it signs; 10m if not given',
    'The old keys verify until their last token has ended. Nobody has to sign in again.',
  ],
  run: async (words, { sharedDir, oauth, clock, record }) => {
    const lead = stringOf(words, 'lead')
    const leadMs = lead === undefined ? leadMsDefault : parseDuration(lead)
    if (leadMs === null) throw new UsageError('--lead must be a duration such as 10m')
    const { algorithm } = oauth
    let signsFrom = ''
    const kid = await rotateSigningKey(
      sharedDir,
      { algorithm, leadMs, lifetimeMs },
      {
        clock,
        record: (act) => {
          signsFrom = act.activeAt
          return record([act])
        },
      },
    )
    return {
      code: exitCode.ok,
      json: { kid, algorithm, signsFrom },
      lines: [`The key ${kid} (${algorithm}) is published now and signs from ${signsFrom}.`],
    }
  },
}
