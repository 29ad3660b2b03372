import type { KeyRecord } from '../../gatekeeper/src/api-keys/key-record.ts'
import { viewKey } from '../../gatekeeper/src/operations/keys/key-view.ts'
import {
  editKey,
  type KeyChange,
  UnknownKeyError,
} from '../../gatekeeper/src/operations/keys/key-writer.ts'
import { readKeys } from '../../gatekeeper/src/operations/keys/read-keys.ts'
import { formatTable } from '../frame/table.ts'
import { hasFlag, UsageError, type Words } from '../frame/words.ts'
import type { Context, KeyCommand } from './context.ts'
import { toRows } from './describe-key.ts'
import { findKey } from './find-key.ts'
import { readMakers } from './makers.ts'
import { memberHelp, memberOptions, originFaults, readMembers } from './read-members.ts'

/** A flag that takes something away, what the change then is, and the option that excludes it. */
const removals = [
  { flag: 'no-limits', option: 'limit', change: { limits: [] } },
  { flag: 'any-model', option: 'model', change: { models: [] } },
  { flag: 'any-address', option: 'address', change: { addresses: [] } },
  { flag: 'any-origin', option: 'origin', change: { origins: [] } },
  { flag: 'no-cloud-models', option: 'cloud-models', change: { cloudModels: false } },
  { flag: 'no-caps', option: 'cap', change: { caps: {} } },
  { flag: 'no-tags', option: 'tag', change: { tags: [] } },
  { flag: 'no-description', option: 'description', change: { description: '' } },
] as const satisfies readonly { flag: string; option: string; change: KeyChange }[]

export const edit: KeyCommand = {
  summary: 'change a key; its secret stays',
  usage: 'ID [--expires 90d] [--service S] [--limit 60/min] [--no-limits]',
  options: {
    ...memberOptions,
    ...Object.fromEntries(removals.map(({ flag }) => [flag, { type: 'boolean' } as const])),
  },
  help: [
    ...memberHelp,
    `${removals.map(({ flag }) => `--${flag}`).join(', ')} take these away.`,
    'A list replaces the whole list: name every service, limit, model and tag.',
    'What was used so far still counts.',
  ],
  run: async (words, context) => {
    const { file, services, clock, record } = context
    const key = await findKey(words, context)
    const change = readChange(words, key, context)
    await editKey(file, { id: key.id, change }, { clock, known: services, record })
    const changed = (await readKeys(context)).find(({ id }) => id === key.id)
    if (changed === undefined) throw new UnknownKeyError('there is no key with this id any more')
    const now = clock()
    const maker = (await readMakers(context))(changed.madeBy)
    return {
      json: viewKey(changed, now),
      lines: [...formatTable(toRows(changed, { now, maker })), '', 'In force within two seconds.'],
    }
  },
}

function readChange(words: Words, key: KeyRecord, context: Context): KeyChange {
  const faults: string[] = []
  const given = readMembers(words, context, faults)
  const removed = removals.filter(({ flag }) => hasFlag(words, flag))
  for (const { flag, option } of removed) {
    const isBoth = words.values[option] !== undefined
    if (isBoth) faults.push(`--${flag} and --${option} exclude each other: keep one`)
  }
  const change: KeyChange = Object.assign({}, given, ...removed.map((one) => one.change))
  if (change.services !== undefined || change.origins !== undefined) {
    // Where gatekeeper.yaml is broken every word would pass for a service.
    context.services.requireKnown()
    const { services = key.services, origins = key.origins } = change
    if (faults.length === 0) faults.push(...originFaults({ services, origins }, context.services))
  }
  if (faults.length === 0 && Object.keys(change).length === 0) {
    faults.push(
      'there is nothing to change: give an option such as --expires 90d or --limit 60/min',
    )
  }
  if (faults.length > 0) throw new UsageError(faults.join('\n'))
  return change
}
