/** The limits that the widget's bounds amount to. */
import { type Limit, parseLimit, type QuotaLimit } from '../model/limit.ts'
import type { WidgetRules } from '../model/widget.ts'
import type { Amount } from './read-widget.ts'
import type { WidgetEntry } from './widget-schema.ts'

/** All bounds, whether the file or the environment sets them. */
export type Bounds = WidgetEntry['caps'] & WidgetEntry['budget']

type Limits = Pick<WidgetRules, 'newTokens' | 'perSubject' | 'perAddress' | 'perNetwork' | 'forAll'>

/** Returns the limits that the ledger counts, and that of new tokens. */
export function limitsOfWidget(bounds: Bounds): Limits {
  const { newTokensPerMinute, requestsPerHour, tokensPerHour, tokensPerDayAndAddress } = bounds
  const { requestsPerDay, tokensPerDay, usdPerMonth, networkShare } = bounds
  const share = (amount: Amount): Amount =>
    amount === 'off' || networkShare === 'off'
      ? 'off'
      : Math.max(1, Math.floor(amount / networkShare))
  return {
    newTokens: limitOf(newTokensPerMinute, '/min')[0] ?? null,
    perSubject: [...limitOf(requestsPerHour, '/hour'), ...limitOf(tokensPerHour, '-tokens/hour')],
    perAddress: limitOf(tokensPerDayAndAddress, '-tokens/day'),
    perNetwork: [
      ...limitOf(share(requestsPerDay), '/day'),
      ...limitOf(share(tokensPerDay), '-tokens/day'),
    ],
    forAll: [
      ...limitOf(requestsPerDay, '/day'),
      ...limitOf(tokensPerDay, '-tokens/day'),
      // Whole micro-dollars: a number of YAML may have more decimals.
      ...limitOf(usdPerMonth === 'off' ? 'off' : Number(usdPerMonth.toFixed(6)), 'usd/month'),
    ],
  }
}

/** Returns a limit as a list, which is empty where it is off. */
function limitOf(amount: Amount, rest: string): QuotaLimit[] {
  if (amount === 'off') return []
  const limit: Limit | null = parseLimit(`${amount}${rest}`)
  if (limit?.kind !== 'quota') throw new Error(`${amount}${rest} is not a limit`)
  return [limit]
}

const minuteMs = 60_000

/** Returns the limit of requests of one address. Its window may be shorter than a minute. */
export function perWindow({ requestsPerWindow: amount, window }: Bounds): QuotaLimit[] {
  if (amount === 'off') return []
  const every = window / minuteMs
  const text = `${amount}/${every === 1 ? '' : `${window / 1000}s`}${every === 1 ? 'min' : ''}`
  return [{ kind: 'quota', unit: 'requests', amount, period: 'minute', every, burst: null, text }]
}
