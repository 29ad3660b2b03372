import { listChains } from '../../gatekeeper/src/audit/segments.ts'
import { exitCode } from '../../gatekeeper/src/lib/problem.ts'
import { readRecords } from '../../gatekeeper/src/operations/audit/read-records.ts'
import { UnknownKeyError } from '../../gatekeeper/src/operations/keys/key-writer.ts'
import { findKeyId } from '../explain/find-key-id.ts'
import { refusePositionals, stringOf } from '../words/words.ts'
import { type AuditCommand, type AuditContext, readCount, readTime } from './command.ts'
import { filterHelp, filterOptions, readFilter } from './record-filter.ts'
import { showRecord } from './show-record.ts'

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
    '--since WHEN    a duration back from now (12h, 7d), a date or an instant; 24h if not given',
    '--until WHEN    in the same forms; now if not given',
    '--limit N       no more than so many',
    'Exit code 1 where there is nothing.',
  ],
  run: async (words, context) => {
    refusePositionals(words)
    const isWanted = readFilter(words)
    const untilText = stringOf(words, 'until')
    const sinceAt = readTime('since', stringOf(words, 'since') ?? '24h', context)
    const untilAt = untilText === undefined ? null : readTime('until', untilText, context)
    const limit = readCount(words, 'limit', Number.POSITIVE_INFINITY)
    const isJson = words.values['json'] === true
    let count = 0
    for await (const block of readRecords({ ...questionOf(context), sinceAt, untilAt })) {
      const wanted = block.filter(({ record }) => isWanted(record)).slice(0, limit - count)
      count += wanted.length
      await context.say(wanted.map(({ record, line }) => (isJson ? line : showRecord(record))))
      if (count >= limit || context.stopped.aborted) break
    }
    if (count === 0) await hintAtKey(stringOf(words, 'key'), context)
    return count === 0 ? exitCode.no : exitCode.ok
  },
}

/** Nothing was found by `--key`: says so where no key has that id, with the ids that may be meant. */
async function hintAtKey(word: string | undefined, { settings, note }: AuditContext) {
  if (word === undefined || word.includes(':')) return
  await findKeyId(word, settings).catch((error: Error) => {
    if (error instanceof UnknownKeyError) for (const line of error.message.split('\n')) note(line)
  })
}

/** Every chain of the folder. Lines that are none are told of, and their cure. */
export function questionOf({ folder, note }: AuditContext) {
  return {
    folder,
    chains: listChains(folder),
    onUnreadable: (file: string, line: number) =>
      note(`${file}:${line} is no record: npm run audit -- verify`),
  }
}
