import { refusePositionals } from '../frame/words.ts'
import { askVault, type VaultCommand } from './context.ts'

export const rotate: VaultCommand = {
  summary: 'add a vault key, to which everything is sealed from now on',
  usage: '',
  options: {},
  help: [
    'The running gatekeeper makes it. Older keys stay in the ring until nothing is sealed to them:',
    'vault rewrap, then vault verify.',
  ],
  run: async (words, context) => {
    refusePositionals(words)
    const added = await askVault<{ kid: string; file: string }>('rotate', context)
    const lines = [
      `The vault seals to the new key ${added.kid} now. Back up ${added.file}.`,
      'Seal everything again to it: npm run vault -- rewrap',
    ]
    return { lines, json: added }
  },
}
