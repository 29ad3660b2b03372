/**
 * Limits as people write them (`60/min`, `200k-tokens/day`, `0.50usd/day`, `2-concurrent`), read by
 * hand into integers: money is micro-dollars, and nothing is ever rounded.
 */

import type { Rate } from '../lib/load/rate-limiter.ts'

export type LimitUnit = 'requests' | 'tokens' | 'micro-usd'

/**
 * Minute and hour are rates (GCRA), also several of them (`100/15min`); day and month are of the
 * calendar; a lifetime never ends.
 */
export type LimitPeriod = 'minute' | 'hour' | 'day' | 'month' | 'lifetime'

/** An amount of a unit per period. `burst` is what may come at once; null is the whole amount. */
export type QuotaLimit = {
  readonly kind: 'quota'
  readonly unit: LimitUnit
  readonly amount: number
  readonly period: LimitPeriod
  /** How many minutes or hours the window of a rate has; 1 for other periods. */
  readonly every: number
  readonly burst: number | null
  readonly text: string
}

/** How many requests at a time, waiting and running. */
export type ConcurrentLimit = {
  readonly kind: 'concurrent'
  readonly amount: number
  readonly text: string
}

/** The most that a single request may have of something. */
export type CapLimit = {
  readonly kind: 'cap'
  readonly of: 'prompt-bytes' | 'output-tokens' | 'stream-seconds'
  readonly amount: number
  readonly text: string
}

/** A parsed limit. `text` is its one canonical form, which is shown to people. */
export type Limit = QuotaLimit | ConcurrentLimit | CapLimit

/** For the remedy of a problem: what a limit looks like. */
export const limitExamples =
  '60/min, 100/15min, 100/hour burst 20, 200k-tokens/day, 5usd/month, 2-concurrent, 100k-prompt-bytes'

const periodNames: Readonly<Record<string, LimitPeriod>> = {
  min: 'minute',
  minute: 'minute',
  minutes: 'minute',
  hour: 'hour',
  hours: 'hour',
  day: 'day',
  month: 'month',
  lifetime: 'lifetime',
}

const rateMs = { minute: 60_000, hour: 3_600_000 } as const

export function isRatePeriod(period: LimitPeriod): period is keyof typeof rateMs {
  return period === 'minute' || period === 'hour'
}

/** Returns the length of the window of a rate in milliseconds; null for other limits. */
export function windowMsOf({ period, every }: Pick<QuotaLimit, 'period' | 'every'>): number | null {
  return isRatePeriod(period) ? rateMs[period] * every : null
}

/** Returns a rate of requests as it is counted in memory: what may come at once, and per minute then. */
export function rateOf({ amount, burst, period, every }: QuotaLimit): Rate {
  return { burst: burst ?? amount, perMinute: amount / (minutesOf[period] * every) }
}

const minutesOf: Readonly<Record<QuotaLimit['period'], number>> = {
  minute: 1,
  hour: 60,
  day: 1_440,
  month: 44_640,
  lifetime: 44_640,
}

/** The longest window of a rate: a week. */
const windowMsMax = 7 * 24 * rateMs.hour

// A rate is stored as units × milliseconds, twice its burst at least: above this value it would not
// be exact.
const rateUnitsMax = (windowMs: number) => Math.floor(Number.MAX_SAFE_INTEGER / windowMs / 2)
const unitsMax = 1_000_000_000_000_000

const quotaForm =
  /^([\d.]+)([km]?)(-tokens|usd)?\/([1-9]\d{0,4})?([a-z]+)(?: burst ([\d.]+)([km]?)(-tokens|usd)?)?$/
const otherForm = /^([\d.]+)([km]?)-(concurrent|prompt-bytes|output-tokens|stream-seconds)$/

/**
 * Reads a limit; null if the text is not a limit, is zero, or is too large to be counted exactly.
 */
export function parseLimit(text: string): Limit | null {
  if (text.length > 80) return null
  const other = otherForm.exec(text)
  if (other) return parseOther(readAmount(other[1], other[2], 0), other[3] as CapLimit['of'])
  const match = quotaForm.exec(text)
  return match && parseQuota(match)
}

function parseOther(amount: number | null, of: CapLimit['of'] | 'concurrent'): Limit | null {
  if (amount === null || amount > unitsMax) return null
  const limit: Limit =
    of === 'concurrent'
      ? { kind: 'concurrent', amount, text: '' }
      : { kind: 'cap', of, amount, text: '' }
  return { ...limit, text: formatLimit(limit) }
}

function parseQuota(match: RegExpExecArray): Limit | null {
  const [, number, suffix, unitName, count, periodName = '', ...bursts] = match
  const [burstNumber, burstSuffix, burstUnit] = bursts
  const unit = unitName === undefined ? 'requests' : unitNames[unitName]
  const period = Object.hasOwn(periodNames, periodName) ? periodNames[periodName] : undefined
  if (period === undefined || unit === undefined) return null
  const every = Number(count ?? 1)
  const windowMs = windowMsOf({ period, every })
  if (windowMs === null ? count !== undefined : windowMs > windowMsMax) return null
  const read = (digits: string | undefined, letter: string | undefined) => {
    const units = readUnits(digits, letter, unit)
    const max = windowMs === null ? unitsMax : rateUnitsMax(windowMs)
    return units !== null && units <= max ? units : null
  }
  const amount = read(number, suffix)
  if (amount === null) return null
  const quota = { kind: 'quota', unit, amount, period, every } as const
  if (burstNumber === undefined) return withText({ ...quota, burst: null })
  const burst = read(burstNumber, burstSuffix)
  const isOdd = burstUnit !== undefined && burstUnit !== unitName
  return burst === null || isOdd || windowMs === null ? null : withText({ ...quota, burst })
}

const unitNames: Readonly<Record<string, LimitUnit>> = { '-tokens': 'tokens', usd: 'micro-usd' }

/** Dollars have six decimals and no k or m. */
function readUnits(digits = '', suffix = '', unit: LimitUnit): number | null {
  if (unit !== 'micro-usd') return readAmount(digits, suffix, 0)
  return suffix === '' ? readAmount(digits, '', 6) : null
}

function withText(limit: Omit<QuotaLimit, 'text'>): QuotaLimit {
  const whole = { ...limit, text: '' }
  return { ...whole, text: formatLimit(whole) }
}

const suffixDecimals: Readonly<Record<string, number>> = { '': 0, k: 3, m: 6 }

/**
 * `1.5` with 6 decimals is 1,500,000. Digits are moved, never multiplied: 0.1 × 3 would not be 0.3.
 * Null if digits are left over, or if the number is zero or invalid.
 */
function readAmount(number = '', suffix = '', unitDecimals: number): number | null {
  const match = /^(\d{1,16})(?:\.(\d{1,6}))?$/.exec(number)
  if (!match) return null
  const decimals = unitDecimals + (suffixDecimals[suffix] ?? 0)
  const fraction = match[2] ?? ''
  if (fraction.length > decimals) return null
  const amount = Number(`${match[1]}${fraction.padEnd(decimals, '0')}`)
  return Number.isSafeInteger(amount) && amount > 0 ? amount : null
}

/** Returns the canonical text of a limit: `parseLimit` reads the same limit from it. */
export function formatLimit(limit: Limit): string {
  if (limit.kind === 'concurrent') return `${shortNumber(limit.amount)}-concurrent`
  if (limit.kind === 'cap') return `${shortNumber(limit.amount)}-${limit.of}`
  const count = limit.every === 1 ? '' : String(limit.every)
  const period = count + (limit.period === 'minute' ? 'min' : limit.period)
  const burst = limit.burst === null ? '' : ` burst ${formatUnits(limit.burst, limit.unit)}`
  return `${formatUnits(limit.amount, limit.unit)}/${period}${burst}`
}

/** Returns an amount with its unit: `60`, `200k-tokens`, `0.50usd`. */
export function formatUnits(amount: number, unit: LimitUnit): string {
  if (unit === 'requests') return shortNumber(amount)
  return unit === 'tokens' ? `${shortNumber(amount)}-tokens` : `${formatUsd(amount)}usd`
}

function shortNumber(amount: number): string {
  if (amount >= 1_000_000 && amount % 1_000_000 === 0) return `${amount / 1_000_000}m`
  return amount >= 1_000 && amount % 1_000 === 0 ? `${amount / 1_000}k` : String(amount)
}

/** Whole dollars without a fraction, otherwise two decimals or as many as needed. */
function formatUsd(microUsd: number): string {
  const digits = String(Math.abs(microUsd)).padStart(7, '0')
  const sign = microUsd < 0 ? '-' : ''
  const fraction = digits.slice(-6).replace(/0{1,4}$/, '')
  return sign + digits.slice(0, -6) + (fraction === '00' ? '' : `.${fraction}`)
}

/**
 * Returns whether a limit can be enforced without body and answer, which a check route never sees.
 */
export function isSeenOnHead(limit: Limit): boolean {
  return limit.kind === 'quota' && limit.unit === 'requests'
}

/** Returns whether the limit only applies to the use of models: tokens and money. */
export function isOfModels(limit: Limit): boolean {
  if (limit.kind === 'quota') return limit.unit !== 'requests'
  return limit.kind === 'cap' && limit.of === 'output-tokens'
}

/**
 * The quota of a user or app in a period of the calendar. 0 allows nothing; null is no quota: its
 * requests are counted, and the amount never reached.
 */
export function quotaLimit(amount: number | null, period: 'day' | 'month'): QuotaLimit {
  const text = amount === null ? `no quota/${period}` : `${amount}/${period}`
  const units = amount ?? noQuota
  return { kind: 'quota', unit: 'requests', amount: units, period, every: 1, burst: null, text }
}

/** The amount of a quota that is none. */
export const noQuota: number = Number.MAX_SAFE_INTEGER

/**
 * Who has the limit and shares it; `reads` is each caller's limit of reads, `app` a quota of an app
 * or of its user, which counts reads as well, `person` one of all that a person made, `team` one of
 * everybody of a team, `address` and `network` one of everybody at a client address or in its network.
 */
export type LimitScope =
  | 'global'
  | 'service'
  | 'team'
  | 'role'
  | 'user'
  | 'key'
  | 'reads'
  | 'app'
  | 'person'
  | 'address'
  | 'network'

/** The state of a limit for one caller. Instants are epoch milliseconds. */
export type Standing = {
  readonly scope: LimitScope
  /** The account on which it is counted: `service:ollama`. */
  readonly subject: string
  readonly text: string
  readonly unit: LimitUnit | 'concurrent' | CapLimit['of']
  readonly amount: number
  readonly used: number
  /** Never below zero, although usage can exceed the limit. */
  readonly remaining: number
  /** When all of it is available again; null if it never resets. */
  readonly resetAt: number | null
  /** Length of the period; null if it has none. */
  readonly periodSeconds: number | null
  /** Whether room comes back evenly, as for a rate, and not all at once. */
  readonly isRate?: boolean
}

/** A limit with the account on which it is counted; accounts with the same subject are shared. */
export type ScopedLimit = {
  readonly scope: LimitScope
  /**
   * `global`, `service:NAME`, `team:NAME`, `role:PRINCIPAL`, `user:NAME`, `reads:PRINCIPAL`,
   * `app:APP`, `address:GROUP`, `network:GROUP` or the id of a principal: the caller's, its parent's,
   * or `person:ID`.
   */
  readonly subject: string
  readonly limit: Limit
}
