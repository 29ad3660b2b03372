import { setTimeout as sleep } from 'node:timers/promises'
import { followRecords } from '../../gatekeeper/src/operations/audit/follow-records.ts'
import {
  type FoundRecord,
  readRecords,
} from '../../gatekeeper/src/operations/audit/read-records.ts'
import type { RecordFilter } from '../../gatekeeper/src/operations/audit/record-filter.ts'
import { hasFlag, refusePositionals } from '../frame/words.ts'
import {
  type AuditCommand,
  type AuditContext,
  noteUnreadable,
  readCount,
  readTags,
} from './context.ts'
import { filterHelp, filterOptions, readFilter } from './read-filter.ts'
import { toLines } from './show-record.ts'

const pollMs = 500

/** `query` shows older ones: a tail must not read months of records. */
const backMs = 7 * 86_400_000

export const tail: AuditCommand = {
  summary: 'show the last records, and new ones as they come',
  usage: '[-n 20] [--follow] [--key ID] …',
  options: {
    ...filterOptions,
    number: { type: 'string', short: 'n' },
    follow: { type: 'boolean', short: 'f' },
  },
  help: [
    '-n N            how many, of the last seven days; 20 if not given',
    '-f, --follow    show new ones until Ctrl-C',
    ...filterHelp,
  ],
  run: async (words, context) => {
    refusePositionals(words)
    const isWanted = readFilter(words)
    const count = readCount(words, 'number', 20)
    const tags = await readTags(context)
    const say = (found: readonly FoundRecord[]) => context.say(toLines(found, context, tags))
    const follower = followRecords(context.auditFolder)
    const last = await readLast(count, isWanted, context)
    // The follower finds records a second time that came while the last ones were read.
    const shown = new Set(last.map(({ line }) => line))
    await say(last)
    while (hasFlag(words, 'follow') && !context.stopped.aborted) {
      const found = await follower.next()
      await say(found.filter(({ record, line }) => isWanted(record) && !shown.has(line)))
      await sleep(pollMs, undefined, { signal: context.stopped }).catch(() => {})
    }
    return {}
  },
}

async function readLast(
  count: number,
  isWanted: RecordFilter,
  context: AuditContext,
): Promise<readonly FoundRecord[]> {
  let last: FoundRecord[] = []
  const sinceAt = context.clock() - backMs
  const question = { folder: context.auditFolder, onUnreadable: noteUnreadable(context) }
  for await (const block of readRecords({ ...question, sinceAt, untilAt: null })) {
    last = [...last, ...block.filter(({ record }) => isWanted(record))].slice(-count)
  }
  return last
}
