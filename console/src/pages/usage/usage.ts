import { withQuery } from '../../api.ts'
import { formatCount, formatMoney, formatShare, shortCount } from '../../lib/format.ts'
import type { Bucket } from '../../lib/series.ts'

/** What the API answers for a period. */
export type Usage = {
  readonly period: { readonly since: string; readonly until: string; readonly timeZone: string }
  readonly totals: Totals
  readonly before: Totals
  readonly buckets: readonly Bucket<Figures>[]
  readonly groups: readonly Group[]
  readonly groupCount: number
  readonly isComplete: boolean
}

export type Totals = {
  readonly requests: number
  readonly failed: number
  readonly refused: number
  readonly tokensIn: number
  readonly tokensOut: number
  readonly microUsd: string
}

type Figures = { readonly requests: number; readonly tokens: number; readonly microUsd: string }

export type Group = Omit<Totals, 'refused'> & {
  readonly name: string | null
  readonly user: string | null
  readonly averageMs: number
  readonly mostly: string | null
}

export const ranges = ['24h', '7d', '30d', '90d'] as const
export type Range = (typeof ranges)[number]

/** How a range is said, asked for and drawn. */
export const rangeRows: Readonly<
  Record<
    Range,
    {
      readonly title: string
      readonly words: string
      readonly days: number
      readonly bucket: string
    }
  >
> = {
  '24h': { title: '24 h', words: '24 hours', days: 1, bucket: '15min' },
  '7d': { title: '7 d', words: '7 days', days: 7, bucket: 'hour' },
  '30d': { title: '30 d', words: '30 days', days: 30, bucket: 'day' },
  '90d': { title: '90 d', words: '90 days', days: 90, bucket: 'day' },
}

export const groupings = ['user', 'key', 'model', 'service'] as const
export type Grouping = (typeof groupings)[number]

export const figures = ['money', 'tokens', 'requests'] as const
export type Figure = (typeof figures)[number]

const dayMs = 86_400_000

/** What the page shows, as the address says it. */
export type Asked = { readonly range: Range; readonly by: Grouping; readonly figure: Figure }

export function readAsked(query: URLSearchParams): Asked {
  const one = <T extends string>(name: string, of: readonly T[], usual: T) =>
    of.find((value) => value === query.get(name)) ?? usual
  return {
    range: one('range', ranges, '30d'),
    by: one('by', groupings, 'user'),
    figure: one('figure', figures, 'money'),
  }
}

/** Returns where the figures are. With days, the one that began today is the last of them. */
export function usagePath({ range, by }: Asked, now: number): string {
  const { bucket } = rangeRows[range]
  return withQuery('/usage', { since: sinceOf(range, now), by, bucket })
}

export function sinceOf(range: Range, now: number): string {
  const { days, bucket } = rangeRows[range]
  return new Date(now - (bucket === 'day' ? days - 1 : days) * dayMs).toISOString()
}

type Sums = Pick<Totals, 'requests' | 'tokensIn' | 'tokensOut' | 'microUsd'>

export const tokensOf = ({ tokensIn, tokensOut }: Sums) => tokensIn + tokensOut

export function amountOf(sums: Sums, figure: Figure): number {
  if (figure === 'money') return Number(sums.microUsd)
  return figure === 'tokens' ? tokensOf(sums) : sums.requests
}

export function figureIn(group: Figures, figure: Figure): number {
  return figure === 'money' ? Number(group.microUsd) : group[figure]
}

/** `$ 37.40`, `4.1 M tokens`, `1,204 requests` */
export function sayAmount(amount: number, figure: Figure): string {
  if (figure === 'money') return formatMoney(amount)
  return figure === 'tokens' ? `${shortCount(amount)} tokens` : `${formatCount(amount)} requests`
}

/** `12 % more than in the 30 days before` */
export function sayChange(now: number, before: number, words: string): string {
  if (before === 0)
    return now === 0 ? `as in the ${words} before` : `nothing in the ${words} before`
  const share = (now - before) / before
  if (Math.abs(share) < 0.005) return `as in the ${words} before`
  // Above twice as much a share says less than a factor.
  if (share > 1) return `${formatCount(Math.round(now / before))} times the ${words} before`
  return `${formatShare(Math.abs(share))} ${share > 0 ? 'more' : 'less'} than in the ${words} before`
}

export const noName: Readonly<Record<Grouping, string>> = {
  ...{ user: 'nobody', key: 'no key', model: 'no model', service: 'none' },
}

/** A key by its id, as everywhere: `gk_abcd…` */
export function nameOf(name: string | null, by: Grouping): string {
  if (name === null || name === '') return noName[by]
  const id = by === 'key' ? /^key:([0-9a-z]{10})$/.exec(name)?.[1] : undefined
  return id === undefined ? name : `gk_${id.slice(0, 4)}…`
}

const weights: Readonly<Record<string, (group: Group) => number | string>> = {
  name: ({ name, user }) => user ?? name ?? '',
  requests: ({ requests }) => requests,
  failed: ({ failed }) => failed,
  tokens: tokensOf,
  money: ({ microUsd }) => Number(microUsd),
  average: ({ averageMs }) => averageMs,
}

/** Sorts by a column; `-` before its name for descending. */
export function sortGroups(groups: readonly Group[], sort: string): readonly Group[] {
  const isDescending = sort.startsWith('-')
  const weight = weights[isDescending ? sort.slice(1) : sort]
  if (weight === undefined) return groups
  const order = (a: Group, b: Group) => {
    const [one, other] = [weight(a), weight(b)]
    if (typeof one === 'number' && typeof other === 'number') return one - other
    return String(one).localeCompare(String(other))
  }
  return [...groups].sort((a, b) => (isDescending ? order(b, a) : order(a, b)))
}
