import { toCsv } from '../../gatekeeper/src/lib/csv.ts'
import type {
  Grouping,
  UsageReport,
  UsageRow,
  UsageSums,
} from '../../gatekeeper/src/operations/usage/usage-report.ts'
import { formatTable } from '../frame/table.ts'

export type Heading = {
  readonly by: Grouping
  /** `2026-11-22T00:00:00.000Z` */
  readonly since: string
  readonly timeZone: string
}

/** Tags by principal (`key:ID`); null if the report is not by key. */
export type RowTags = ReadonlyMap<string, readonly string[]> | null

const tagsOf = (tags: RowTags, { name }: UsageRow) => tags?.get(name ?? '') ?? []

/** The name of a row without one. */
const nameless: Readonly<Record<Grouping, string>> = {
  key: '(none)',
  user: '(nobody)',
  model: '(no model)',
  service: '(none)',
  day: '',
}

/** For people: a table with a total, `~` at figures of which a part is estimated. */
export function renderTable(
  report: UsageReport,
  { by, since, timeZone }: Heading,
  tags: RowTags,
): string[] {
  const hasTags = report.rows.some((row) => tagsOf(tags, row).length > 0)
  const heading = [by.toUpperCase(), 'REQUESTS', 'FAILED', 'TOKENS IN', 'TOKENS OUT', 'COST']
  if (hasTags) heading.push('TAGS')
  const rows = report.rows.map((row) => [
    ...toCells(row.name ?? nameless[by], row),
    tagsOf(tags, row).join(', '),
  ])
  const total = toCells('TOTAL', report.total)
  const lines = [
    `Since ${since}${by === 'day' ? `, days of ${timeZone}` : ''}`,
    '',
    ...formatTable([heading, ...rows, total], { right: [1, 2, 3, 4, 5] }),
  ]
  if (report.total.estimated === 0) return lines
  const share = `${count(report.total.estimated)} of ${count(report.total.requests)} requests`
  return [...lines, '', `~ includes estimates: the figures of ${share} are the gatekeeper's own.`]
}

function toCells(name: string, sums: UsageSums): string[] {
  const mark = sums.estimated > 0 ? '~' : ''
  return [
    name,
    count(sums.requests),
    count(sums.failed),
    `${mark}${count(sums.inputTokens)}`,
    `${mark}${count(sums.outputTokens)}`,
    `${mark}${dollars(sums.microUsd)}`,
  ]
}

const count = (value: number) => value.toLocaleString('en-US')

/** Micro-dollars as `$1,234.5678`. */
function dollars(microUsd: number): string {
  const text = (microUsd / 1e6).toLocaleString('en-US', {
    minimumFractionDigits: 4,
    maximumFractionDigits: 4,
  })
  return `$${text}`
}

/** For programs: the same figures, money as integer micro-dollars. */
export function toJson({ rows, total }: UsageReport, heading: Heading, tags: RowTags) {
  const tagged = rows.map((row) => (tags === null ? row : { ...row, tags: tagsOf(tags, row) }))
  return { ...heading, rows: tagged, total }
}

/** For spreadsheets, money in dollars to the last micro-dollar. */
export function renderCsv(report: UsageReport, { by }: Heading, tags: RowTags): string[] {
  const heading = [
    by,
    'requests',
    'failed',
    'input_tokens',
    'output_tokens',
    'cost_usd',
    'estimated',
    ...(tags === null ? [] : ['tags']),
  ]
  const toRow = ({ name, ...sums }: UsageRow) => [
    name ?? '',
    ...[sums.requests, sums.failed, sums.inputTokens, sums.outputTokens],
    Number((sums.microUsd / 1e6).toFixed(6)),
    sums.estimated,
    ...(tags === null ? [] : [(tags.get(name ?? '') ?? []).join(', ')]),
  ]
  return toCsv([heading, ...report.rows.map(toRow)])
}
