import { didYouMean } from '../../gatekeeper/src/lib/nearest.ts'
import { type Grouping, groupings } from '../../gatekeeper/src/operations/usage/usage-report.ts'
import { commonOptions } from '../frame/parse-words.ts'
import { hasFlag, showWord, stringOf, UsageError, type Words } from '../frame/words.ts'

export type Wanted = {
  readonly by: Grouping
  readonly since: string
  readonly form: 'table' | 'json' | 'csv'
}

export const usageOptions = {
  by: { type: 'string', default: 'key' },
  since: { type: 'string', default: '30d' },
  csv: { type: 'boolean', default: false },
  ...commonOptions,
} as const

/** Reads what is wanted. Throws a UsageError that lists everything that is wrong. */
export function readWanted(words: Words): Wanted {
  const given = stringOf(words, 'by') ?? ''
  const by = groupings.find((grouping) => grouping === given)
  const isJson = hasFlag(words, 'json')
  const isCsv = hasFlag(words, 'csv')
  const [stray] = words.positionals
  const wrong = [
    ...(by === undefined ? [describeGrouping(given)] : []),
    ...(isJson && isCsv ? ['--json and --csv exclude each other'] : []),
    ...(stray === undefined
      ? []
      : [`there is no command ${showWord(stray)}; write it after an option: --by user`]),
  ]
  if (by === undefined || wrong.length > 0) throw new UsageError(wrong.join('\n'))
  const form = isJson ? 'json' : isCsv ? 'csv' : 'table'
  return { by, since: stringOf(words, 'since') ?? '', form }
}

function describeGrouping(given: string): string {
  const meant = didYouMean(given, groupings)
  return `--by is ${showWord(given)}, and must be one of ${groupings.join(', ')}${meant}`
}
