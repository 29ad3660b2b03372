import { exitCode } from '../../gatekeeper/src/lib/problem.ts'
import {
  type Rewrapped,
  writeRewrapped,
} from '../../gatekeeper/src/operations/vault/provider-key-writer.ts'
import { refusePositionals } from '../frame/words.ts'
import { askVault, type VaultCommand } from './context.ts'

export const rewrap: VaultCommand = {
  summary: 'seal everything again to the newest vault key',
  usage: '',
  options: {},
  help: [
    'The running gatekeeper seals the rows again, and this command writes them. Nobody else sees a key.',
  ],
  run: async (words, context) => {
    refusePositionals(words)
    const { providers } = await askVault<{ providers: readonly Rewrapped[] }>('rewrap', context)
    const changed = await writeRewrapped(context.providersFile, providers, context)
    const rewrapped = providers.map(({ id }) => id).filter((id) => !changed.includes(id))
    const lines = [
      rewrapped.length === 0
        ? 'Nothing was sealed to an older key.'
        : `Sealed again: ${rewrapped.join(', ')}.`,
    ]
    const notes = changed.map((id) => `${id} has changed meanwhile: run this again`)
    const code = changed.length === 0 ? exitCode.ok : exitCode.no
    return { code, lines, notes, json: { rewrapped, changed } }
  },
}
