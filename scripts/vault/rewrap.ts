import { exitCode } from '../../gatekeeper/src/lib/problem.ts'
import {
  type Rewrapped,
  writeRewrapped,
} from '../../gatekeeper/src/operations/vault/provider-key-writer.ts'
import { writeRewrappedShares } from '../../gatekeeper/src/operations/vault/split-key-writer.ts'
import type { RewrappedSplitKey } from '../../gatekeeper/src/vault/split-keys.ts'
import { refusePositionals } from '../frame/words.ts'
import { askVault, type VaultCommand } from './context.ts'

type Answer = {
  readonly providers: readonly Rewrapped[]
  readonly splitKeys: readonly RewrappedSplitKey[]
}

const shownMax = 20

function describe(ids: readonly string[]): string {
  const more = ids.length - shownMax
  return ids.slice(0, shownMax).join(', ') + (more > 0 ? ` and ${more} more` : '')
}

export const rewrap: VaultCommand = {
  summary: 'seal everything again to the newest vault key',
  usage: '',
  options: {},
  help: [
    'The running gatekeeper seals the rows again, and this command writes them. Nobody else sees a key.',
  ],
  run: async (words, context) => {
    refusePositionals(words)
    const { providers, splitKeys } = await askVault<Answer>('rewrap', context)
    const missed = [
      ...(await writeRewrapped(context.providersFile, providers, context)),
      ...(await writeRewrappedShares(context.splitKeysFile, splitKeys, context)),
    ]
    const all = [...providers, ...splitKeys].map(({ id }) => id)
    const rewrapped = all.filter((id) => !missed.includes(id))
    const lines = [
      rewrapped.length === 0
        ? 'Nothing was sealed to an older key.'
        : `Sealed again: ${describe(rewrapped)}.`,
    ]
    const notes =
      missed.length === 0 ? [] : [`${describe(missed)} changed meanwhile: run this again`]
    const code = missed.length === 0 ? exitCode.ok : exitCode.no
    return { code, lines, notes, json: { rewrapped, changed: missed } }
  },
}
