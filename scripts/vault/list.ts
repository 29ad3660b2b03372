import { formatInstant } from '../../gatekeeper/src/lib/instant.ts'
import { readProviderKeys } from '../../gatekeeper/src/operations/vault/provider-key-writer.ts'
import { formatTable } from '../frame/table.ts'
import { refusePositionals } from '../frame/words.ts'
import type { VaultCommand } from './context.ts'

export const list: VaultCommand = {
  summary: 'the sealed keys, with a mask of each',
  usage: '',
  options: {},
  help: ['Shows the first 3 and last 4 characters of a key, if it has 20 or more.'],
  run: async (words, { providersFile }) => {
    refusePositionals(words)
    const rows = await readProviderKeys(providersFile)
    const json = Object.entries(rows).map(
      ([name, { mask, origin, team, version, kid, createdAt }]) => ({
        ...{ name, mask, origin, team, version, kid },
        createdAt: formatInstant(createdAt),
      }),
    )
    const hasTeams = json.some(({ team }) => team !== null)
    const lines = json.map(({ name, mask, origin, team, kid, createdAt }) => [
      ...[name, mask, origin, createdAt.slice(0, 10), kid, ...(hasTeams ? [team ?? ''] : [])],
    ])
    const columns = ['provider', 'key', 'for', 'set', 'sealed to']
    const head = [...columns, ...(hasTeams ? ['team'] : [])]
    if (json.length === 0) return { lines: ['The vault has no key of a provider.'], json }
    return { lines: formatTable([head, ...lines]), json }
  },
}
