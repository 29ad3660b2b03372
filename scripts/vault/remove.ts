import { removeProviderKey } from '../../gatekeeper/src/operations/vault/provider-key-writer.ts'
import { UsageError } from '../frame/words.ts'
import type { VaultCommand } from './context.ts'

export const remove: VaultCommand = {
  summary: 'remove the key of a provider',
  usage: 'NAME',
  options: {},
  help: ['The gatekeeper stops using it within two seconds. Revoke it at the provider too.'],
  run: async ({ positionals: [name = '', ...rest] }, context) => {
    if (name === '' || rest.length > 0) {
      throw new UsageError('write the name of one provider: vault remove openai')
    }
    await removeProviderKey(context.providersFile, name, context)
    return { lines: [`The key of ${name} is removed.`], json: { provider: name } }
  },
}
