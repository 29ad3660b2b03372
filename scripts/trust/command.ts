import { exitCode } from '../../gatekeeper/src/lib/problem.ts'
import type { Command, Report } from '../frame/program.ts'
import { hasFlag, refusePositionals } from '../frame/words.ts'
import {
  changeTrust,
  describeByHand,
  findStores,
  readAuthority,
  type TrustChange,
} from './change-trust.ts'
import type { Machine } from './store.ts'

export type Context = {
  readonly machine: Machine
  /** The root certificate that Caddy makes. */
  readonly caFile: string
}

export const trust: Command<Context> = {
  summary: 'trust the certificates of this installation',
  usage: '[--undo]',
  options: { undo: { type: 'boolean' } },
  help: [
    '--undo         no longer trust them',
    'Whoever can read .gatekeeper/caddy/pki could then show this user any site: keep it closed.',
  ],
  run: async (words, { machine, caFile }) => {
    refusePositionals(words)
    const authority = await readAuthority(caFile)
    if (authority === null) {
      return failed([`There is no ${caFile} yet. Caddy makes it at its first start: npm start.`])
    }
    const stores = await findStores(machine)
    if (stores.length === 0) return failed(describeByHand(machine, caFile))
    const isUndo = hasFlag(words, 'undo')
    return describe(await changeTrust(stores, authority, isUndo ? 'remove' : 'add'), isUndo)
  },
}

function failed(lines: readonly string[]): Report {
  return { code: exitCode.no, notes: lines, json: { done: [], failed: [] } }
}

function describe(change: TrustChange, isUndo: boolean): Report {
  const word = isUndo ? 'Removed from' : 'Trusted in'
  return {
    code: change.failed.length === 0 ? exitCode.ok : exitCode.no,
    lines: [
      ...change.done.map((store) => `${word} ${store}.`),
      ...(change.done.length === 0 ? [] : ['Restart browsers that are open.']),
    ],
    notes: change.failed.map(({ store, fault }) => `${store}: ${fault}`),
    json: change,
  }
}
