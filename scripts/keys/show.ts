import { viewKey } from '../../gatekeeper/src/operations/keys/key-view.ts'
import { formatTable } from '../frame/table.ts'
import type { KeyCommand } from './context.ts'
import { toRows } from './describe-key.ts'
import { findKey } from './find-key.ts'
import { readMakers } from './makers.ts'

export const show: KeyCommand = {
  summary: 'show one key, without its secret',
  usage: 'ID',
  options: {},
  help: ['ID may be the beginning of an id, if no other id begins the same.'],
  run: async (words, context) => {
    const key = await findKey(words, context)
    const now = context.clock()
    const maker = (await readMakers(context))(key.madeBy)
    return { json: viewKey(key, now), lines: formatTable(toRows(key, { now, maker })) }
  },
}
