import { formatCount, formatMoney, relativeTime, shortCount } from '../lib/format.ts'
import { Bar } from './bar.tsx'

/** A limit with what is used of it, as the API answers it. */
export type Limit = {
  /** As it is written: `60/min`. */
  readonly text: string
  /** Null where nobody knows: of one request, or while the gatekeeper does not answer. */
  readonly used: number | string | null
  readonly limit: number | string
  /** `requests`, `tokens`, `microUsd`, `concurrent`. */
  readonly unit: string
  readonly resetsAt: string | null
}

/** "Used of limit" with a bar, which warns from four fifths. */
export function LimitBar({ limit }: { limit: Limit }) {
  if (limit.used === null) return <span class="hint">{limit.text}</span>
  const share = Number(limit.limit) === 0 ? 1 : Number(limit.used) / Number(limit.limit)
  const tone = share >= 1 ? 'bad' : share >= 0.8 ? 'warn' : 'plain'
  return (
    <span class="limit" title={resetText(limit)}>
      <Bar share={share} tone={tone} />
      <span>
        {usedText(limit)} {share >= 1 && <b class="bad-text">reached</b>}
      </span>
    </span>
  )
}

/** Limits below each other; "no limits" where there are none. */
export function LimitBars({ of }: { of: readonly Limit[] }) {
  if (of.length === 0) return <span class="hint">none</span>
  return (
    <span class="limits">
      {of.map((limit) => (
        <LimitBar key={limit.text} limit={limit} />
      ))}
    </span>
  )
}

/** `50 of 60 / min`: the window is what the limit's own text says. */
export function usedText({ text, used, limit, unit }: Limit): string {
  const window = /\/\s*([a-z0-9 ]+)$/i.exec(text)?.[1]
  const of = `${used === null ? '?' : figure(used, unit)} of ${figure(limit, unit)}`
  const what = unit === 'tokens' ? ' tokens' : unit === 'concurrent' ? ' at once' : ''
  return window === undefined ? `${of}${what}` : `${of}${what} / ${window}`
}

function figure(value: number | string, unit: string): string {
  if (/usd/i.test(unit)) return formatMoney(value)
  const number = Number(value)
  return number >= 10_000 ? shortCount(number) : formatCount(number)
}

function resetText({ text, resetsAt }: Limit): string {
  if (resetsAt === null) return text
  return `${text}, counted again from zero ${relativeTime(Date.parse(resetsAt), Date.now())}`
}
