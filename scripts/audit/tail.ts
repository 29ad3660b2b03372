import { setTimeout as sleep } from 'node:timers/promises'
import { exitCode } from '../../gatekeeper/src/lib/problem.ts'
import { followRecords } from '../../gatekeeper/src/operations/audit/follow-records.ts'
import {
  type FoundRecord,
  readRecords,
} from '../../gatekeeper/src/operations/audit/read-records.ts'
import { refusePositionals } from '../words/words.ts'
import { type AuditCommand, type AuditContext, readCount } from './command.ts'
import { questionOf } from './query.ts'
import { filterHelp, filterOptions, type RecordFilter, readFilter } from './record-filter.ts'
import { showRecord } from './show-record.ts'

const pollMs = 500

/** Older ones are for `query`: a tail must not read through months. */
const backMs = 7 * 86_400_000

export const tail: AuditCommand = {
  summary: 'show the last records, and go on with what comes',
  usage: '[-n 20] [--follow] [--key ID] …',
  options: {
    ...filterOptions,
    number: { type: 'string', short: 'n' },
    follow: { type: 'boolean', short: 'f' },
  },
  help: [
    '-n N            how many, of the last seven days; 20 if not given',
    '-f, --follow    go on until Ctrl-C',
    ...filterHelp,
  ],
  run: async (words, context) => {
    refusePositionals(words)
    const isWanted = readFilter(words)
    const count = readCount(words, 'number', 20)
    const isJson = words.values['json'] === true
    const say = (found: readonly FoundRecord[]) =>
      context.say(found.map(({ record, line }) => (isJson ? line : showRecord(record))))
    const follower = followRecords(context.folder)
    const last = await readLast(count, isWanted, context)
    // What came while they were read is found a second time by whoever follows.
    const shown = new Set(last.map(({ line }) => line))
    await say(last)
    while (words.values['follow'] === true && !context.stopped.aborted) {
      const found = await follower.next()
      await say(found.filter(({ record, line }) => isWanted(record) && !shown.has(line)))
      await sleep(pollMs, undefined, { signal: context.stopped }).catch(() => {})
    }
    return exitCode.ok
  },
}

async function readLast(
  count: number,
  isWanted: RecordFilter,
  context: AuditContext,
): Promise<readonly FoundRecord[]> {
  let last: FoundRecord[] = []
  const sinceAt = context.clock() - backMs
  for await (const block of readRecords({ ...questionOf(context), sinceAt, untilAt: null })) {
    last = [...last, ...block.filter(({ record }) => isWanted(record))].slice(-count)
  }
  return last
}
