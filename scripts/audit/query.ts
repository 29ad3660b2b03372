import { exitCode } from '../../gatekeeper/src/lib/problem.ts'
import { readRecords } from '../../gatekeeper/src/operations/audit/read-records.ts'
import { UnknownKeyError } from '../../gatekeeper/src/operations/keys/key-writer.ts'
import { readTime } from '../frame/read-time.ts'
import { refusePositionals, stringOf } from '../frame/words.ts'
import { findKeyId } from '../keys/find-key-id.ts'
import {
  type AuditCommand,
  type AuditContext,
  noteUnreadable,
  readCount,
  readTags,
} from './context.ts'
import { filterHelp, filterOptions, readFilter } from './read-filter.ts'
import { toLines } from './show-record.ts'

export const query: AuditCommand = {
  summary: 'show what was recorded',
  usage: '[--since 24h] [--key ID] [--address A] [--reason R] …',
  options: {
    ...filterOptions,
    since: { type: 'string' },
    until: { type: 'string' },
    limit: { type: 'string' },
  },
  help: [
    ...filterHelp,
    '--since WHEN    a duration before now (12h, 7d), a date or an instant; 24h if not given',
    '--until WHEN    in the same forms; now if not given',
    '--limit N       at most N records',
    'Exit code 1 if nothing is found.',
  ],
  run: async (words, context) => {
    refusePositionals(words)
    const isWanted = readFilter(words)
    const until = stringOf(words, 'until')
    const sinceAt = readTime('since', stringOf(words, 'since') ?? '24h', context)
    const untilAt = until === undefined ? null : readTime('until', until, context)
    const limit = readCount(words, 'limit', Number.POSITIVE_INFINITY)
    const question = { folder: context.auditFolder, onUnreadable: noteUnreadable(context) }
    const tags = await readTags(context)
    let count = 0
    for await (const block of readRecords({ ...question, sinceAt, untilAt })) {
      const wanted = block.filter(({ record }) => isWanted(record)).slice(0, limit - count)
      count += wanted.length
      await context.say(toLines(wanted, context, tags))
      if (count >= limit || context.stopped.aborted) break
    }
    if (count > 0) return {}
    return { code: exitCode.no, notes: await findHints(stringOf(words, 'key'), context) }
  },
}

/** When `--key` finds nothing and no key has that id: the ids that may be meant. */
async function findHints(word: string | undefined, context: AuditContext): Promise<string[]> {
  if (word === undefined || word.includes(':')) return []
  return await findKeyId(word, context).then(
    () => [],
    (error: Error) => (error instanceof UnknownKeyError ? error.message.split('\n') : []),
  )
}
