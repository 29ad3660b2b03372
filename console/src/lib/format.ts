/** Numbers, money and times as people read them. Pure: the time of now is given. */

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })
const oneDigit = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 })
const noBreak = '\u00a0'

/** `18,204` */
export function formatCount(value: number): string {
  return whole.format(value)
}

/** The number and its unit: `['4.1', 'million']`; below 10,000 there is none. */
export function splitCount(value: number): readonly [number: string, unit: string] {
  const size = Math.abs(value)
  if (size >= 999_950_000) return [oneDigit.format(value / 1e9), 'billion']
  if (size >= 999_950) return [oneDigit.format(value / 1e6), 'million']
  if (size >= 100_000) return [whole.format(value / 1e3), 'thousand']
  return [whole.format(value), '']
}

/** `1.6 M`, `740 k`, `9,020`: for tables and bars. */
export function shortCount(value: number): string {
  const size = Math.abs(value)
  if (size >= 999_950_000) return `${oneDigit.format(value / 1e9)}${noBreak}G`
  if (size >= 999_500) return `${oneDigit.format(value / 1e6)}${noBreak}M`
  if (size >= 10_000) return `${whole.format(value / 1e3)}${noBreak}k`
  return whole.format(value)
}

/** Integer micro-dollars as `$ 37.40`; small sums keep digits that count, as `$ 0.0042`. */
export function formatMoney(microUsd: string | number): string {
  const dollars = Number(microUsd) / 1e6
  const size = Math.abs(dollars)
  const digits = size === 0 || size >= 0.995 ? 2 : size >= 0.01 ? 3 : 4
  const text = new Intl.NumberFormat('en-US', {
    minimumFractionDigits: 2,
    maximumFractionDigits: digits,
  }).format(dollars)
  const isTooSmall = size > 0 && Number(text.replaceAll(',', '')) === 0
  return isTooSmall ? `< $${noBreak}0.0001` : `$${noBreak}${text}`
}

/** `18 s`, `2 min`, `350 ms` */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}${noBreak}ms`
  if (ms < 10_000) return `${oneDigit.format(ms / 1000)}${noBreak}s`
  if (ms < 90_000) return `${Math.round(ms / 1000)}${noBreak}s`
  if (ms < 5_400_000) return `${Math.round(ms / 60_000)}${noBreak}min`
  return `${oneDigit.format(ms / 3_600_000)}${noBreak}h`
}

/** `12 %`; shares below 10 % have one digit. */
export function formatShare(share: number): string {
  const percent = share * 100
  const text = percent !== 0 && percent < 10 ? oneDigit.format(percent) : whole.format(percent)
  return `${text}${noBreak}%`
}

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

/** `now`, `2 min ago`, `in 6 days`, then the date. */
export function relativeTime(at: number, now: number): string {
  const distance = Math.abs(at - now)
  if (distance < 45_000) return 'now'
  const text = distanceText(distance)
  if (text === null) return dateText(at, now)
  return at > now ? `in ${text}` : `${text} ago`
}

function distanceText(distance: number): string | null {
  if (distance < hour) return `${Math.max(1, Math.round(distance / minute))}${noBreak}min`
  if (distance < day) return `${Math.round(distance / hour)}${noBreak}h`
  const days = Math.round(distance / day)
  return days > 99 ? null : `${days}${noBreak}${days === 1 ? 'day' : 'days'}`
}

/** `14 Mar`, with the year where it is another one. */
export function dateText(at: number, now: number): string {
  const isThisYear = new Date(at).getFullYear() === new Date(now).getFullYear()
  return new Intl.DateTimeFormat('en-GB', {
    day: 'numeric',
    month: 'short',
    ...(!isThisYear && { year: 'numeric' }),
  }).format(at)
}

/** `Mon, 30 Nov 2026, 14:53:01 UTC`: the whole instant, in the reader's zone. */
export function absoluteTime(at: number): string {
  return new Intl.DateTimeFormat('en-GB', {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZoneName: 'short',
  }).format(at)
}

/** `14:53:01`, or `14:53`. */
export function clockTime(at: number, withSeconds = true): string {
  return new Intl.DateTimeFormat('en-GB', {
    hour: '2-digit',
    minute: '2-digit',
    ...(withSeconds && { second: '2-digit' }),
  }).format(at)
}

/** `1 key`, `3 keys` */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`
}
