import { readKeyFile } from '../../gatekeeper/src/credentials/key-document.ts'
import { exitCode } from '../../gatekeeper/src/lib/problem.ts'
import type { Command } from './command.ts'
import { showInstant, stateOf, toJson } from './describe-key.ts'
import { formatTable } from './table.ts'

export const list: Command = {
  summary: 'show all keys, without their secrets',
  usage: '',
  options: {},
  help: [],
  run: async (_, { file, services, clock }) => {
    const keys = (await readKeyFile(file, services))?.keys ?? []
    const now = clock()
    const heading = ['ID', 'USER', 'ROLE', 'SERVICES', 'STATE', 'EXPIRES']
    const rows = keys.map((key) => [
      key.id,
      key.user,
      key.role,
      key.services.join(','),
      stateOf(key, now),
      showInstant(key.expiresAt),
    ])
    return {
      code: exitCode.ok,
      json: keys.map((key) => toJson(key, now)),
      lines: keys.length === 0 ? [`No keys in ${file}.`] : formatTable([heading, ...rows]),
    }
  },
}
