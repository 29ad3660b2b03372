import { readKeyFile } from '../../gatekeeper/src/credentials/key-document.ts'
import { UnknownKeyError } from '../../gatekeeper/src/credentials/key-writer.ts'
import { exitCode } from '../../gatekeeper/src/lib/problem.ts'
import { type Command, idOf } from './command.ts'
import { toJson, toRows } from './describe-key.ts'
import { formatTable } from './table.ts'

export const show: Command = {
  summary: 'show one key, without its secret',
  usage: 'ID',
  options: {},
  help: [],
  run: async (words, { file, services, clock }) => {
    const id = idOf(words)
    const key = (await readKeyFile(file, services))?.keys.find((other) => other.id === id)
    if (key === undefined) throw new UnknownKeyError('there is no key with this id')
    const now = clock()
    return { code: exitCode.ok, json: toJson(key, now), lines: formatTable(toRows(key, now)) }
  },
}
