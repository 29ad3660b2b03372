import { parseDuration } from '../../gatekeeper/src/lib/duration.ts'
import { parseInstant } from '../../gatekeeper/src/lib/instant.ts'
import { didYouMean } from '../../gatekeeper/src/lib/nearest.ts'
import { type Grouping, groupings } from '../../gatekeeper/src/operations/usage/usage-report.ts'
import { commonOptions, parseWords } from '../words/parse-words.ts'
import { showWord, UsageError } from '../words/words.ts'
import { startOfDay } from './start-of-day.ts'

export type Wanted = {
  readonly by: Grouping
  readonly since: string
  readonly form: 'table' | 'json' | 'csv'
  readonly isHelp: boolean
}

const options = {
  by: { type: 'string', default: 'key' },
  since: { type: 'string', default: '30d' },
  csv: { type: 'boolean', default: false },
  ...commonOptions,
} as const

/** Reads the command line. Throws a UsageError that says everything that is wrong with it. */
export function readWords(args: readonly string[]): Wanted {
  const { values, positionals } = parseWords(args, options)
  const by = groupings.find((grouping) => grouping === values.by)
  const wrong = [
    ...(by === undefined ? [describeGrouping(values.by)] : []),
    ...(values.json && values.csv ? ['--json and --csv exclude each other'] : []),
    ...positionals
      .slice(0, 1)
      .map((word) => `there is no command ${showWord(word)}; write it behind an option: --by user`),
  ]
  if (by === undefined || wrong.length > 0) throw new UsageError(wrong.join('\n'))
  const form = values.json ? 'json' : values.csv ? 'csv' : 'table'
  return { by, since: values.since, form, isHelp: values.help }
}

function describeGrouping(given: string): string {
  const meant = didYouMean(given, groupings)
  return `--by is ${showWord(given)}, which is none of ${groupings.join(', ')}${meant}`
}

/** Reads `7d`, `2026-11-01` (its beginning in the time zone) or a whole instant. */
export function readSince(text: string, at: { now: number; timeZone: string }): number {
  const durationMs = parseDuration(text)
  if (durationMs !== null) return at.now - durationMs
  const instant = parseInstant(text) ?? startOfDay(text, at.timeZone)
  if (instant !== null) return instant
  throw new UsageError(
    '--since must be a duration such as 7d or 12h, a date such as 2026-11-01, or an instant such as 2026-11-01T08:00:00Z',
  )
}
