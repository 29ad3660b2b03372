import { exitCode } from '../../gatekeeper/src/lib/problem.ts'
import type { Command } from './command.ts'
import { toJson, toRows } from './describe-key.ts'
import { findKey } from './find-key.ts'
import { formatTable } from './table.ts'

export const show: Command = {
  summary: 'show one key, without its secret',
  usage: 'ID',
  options: {},
  help: ['ID may be the beginning of an id, if no other id begins so.'],
  run: async (words, context) => {
    const key = await findKey(words, context)
    const now = context.clock()
    return { code: exitCode.ok, json: toJson(key, now), lines: formatTable(toRows(key, now)) }
  },
}
