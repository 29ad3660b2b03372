/**
 * Fields about limits: `RateLimit` and `RateLimit-Policy` as structured fields
 * (draft-ietf-httpapi-ratelimit-headers), the `X-RateLimit-*` fields that client libraries read,
 * and when to try again.
 */

import { formatSecond } from '../lib/instant.ts'
import type { Refusal } from '../model/admission.ts'
import type { Dialect, Endpoint } from '../model/endpoint.ts'
import type { Standing } from '../model/limit.ts'
import type { ReasonRow } from '../model/reason.ts'
import { isOfVisitor, shownLimits } from '../model/widget-usage.ts'

type Fields = Record<string, string>

export type LimitFieldsQuestion = {
  readonly now: number
  readonly endpoint?: Endpoint | null
  /** Whether there are `X-RateLimit-*` fields too. */
  readonly hasLegacy?: boolean
}

/** Returns the fields for an answer to a caller with these limits; none if there are no limits. */
export function limitFields(
  all: readonly Standing[],
  { now, endpoint = null, hasLegacy = true }: LimitFieldsQuestion,
): Fields {
  const standings = endpoint?.dialect === 'widget' ? all.filter(isOfVisitor) : all
  if (standings.length === 0) return {}
  return {
    'ratelimit-policy': standings.map(describePolicy).join(', '),
    ratelimit: standings.map((standing) => describeStanding(standing, now)).join(', '),
    ...(hasLegacy && compatible(standings, now)),
    ...(endpoint?.isAnthropic && anthropicFields(standings)),
    ...(endpoint?.dialect === 'widget' && widgetFields(standings)),
  }
}

/** Names of all fields of `limitFields` and `retryFields`, for pages of other origins. */
export const limitFieldNames = [
  ...['retry-after', 'retry-after-ms', 'x-should-retry', 'ratelimit', 'ratelimit-policy'],
  ...['requests', 'tokens'].flatMap((unit) =>
    ['limit', 'remaining', 'reset'].flatMap((part) => [
      `x-ratelimit-${part}-${unit}`,
      `anthropic-ratelimit-${unit}-${part}`,
      `x-ratelimit-${unit}-${part}`,
    ]),
  ),
]

const quotaUnits: Readonly<Record<Standing['unit'], string>> = {
  requests: '',
  tokens: ';qu="tokens"',
  'micro-usd': ';qu="micro-usd"',
  concurrent: ';qu="concurrent-requests"',
  'prompt-bytes': ';qu="content-bytes"',
  'output-tokens': ';qu="tokens"',
  'stream-seconds': ';qu="seconds"',
}

/** Returns a unique name; it has the scope, because a key and its user may have the same limit. */
function nameOf({ scope, text }: Standing): string {
  return `"${scope} ${text}"`
}

function describePolicy(standing: Standing): string {
  const window = standing.periodSeconds === null ? '' : `;w=${standing.periodSeconds}`
  return `${nameOf(standing)};q=${standing.amount}${window}${quotaUnits[standing.unit]}`
}

function describeStanding(standing: Standing, now: number): string {
  const reset = standing.resetAt === null ? '' : `;t=${secondsUntil(standing.resetAt, now)}`
  return `${nameOf(standing)};r=${standing.remaining}${reset}`
}

/** OpenAI's form: for each unit, the limit that has the least left. */
function compatible(standings: readonly Standing[], now: number): Fields {
  const fields: Fields = {}
  for (const unit of ['requests', 'tokens'] as const) {
    const least = leastOf(standings.filter((standing) => standing.unit === unit))
    if (least === null) continue
    fields[`x-ratelimit-limit-${unit}`] = String(least.amount)
    fields[`x-ratelimit-remaining-${unit}`] = String(least.remaining)
    if (least.resetAt === null) continue
    fields[`x-ratelimit-reset-${unit}`] = formatDuration(least.resetAt - now)
  }
  return fields
}

/** Anthropic's form: the reset is a time as in RFC 3339. */
function anthropicFields(standings: readonly Standing[]): Fields {
  const fields: Fields = {}
  for (const unit of ['requests', 'tokens'] as const) {
    const least = leastOf(standings.filter((standing) => standing.unit === unit))
    if (least === null) continue
    fields[`anthropic-ratelimit-${unit}-limit`] = String(least.amount)
    fields[`anthropic-ratelimit-${unit}-remaining`] = String(least.remaining)
    if (least.resetAt === null) continue
    fields[`anthropic-ratelimit-${unit}-reset`] = formatSecond(least.resetAt)
  }
  return fields
}

/** The form of the widget: the reset is in seconds since 1970. */
function widgetFields(standings: readonly Standing[]): Fields {
  const fields: Fields = {}
  for (const [unit, standing] of Object.entries(shownLimits(standings))) {
    if (standing === null) continue
    fields[`x-ratelimit-${unit}-limit`] = String(standing.amount)
    fields[`x-ratelimit-${unit}-remaining`] = String(standing.remaining)
    if (standing.resetAt === null) continue
    fields[`x-ratelimit-${unit}-reset`] = String(Math.ceil(standing.resetAt / 1000))
  }
  return fields
}

/** Formats a duration as OpenAI does: `20ms`, `1s`, `6m0s`, `1h0m0s`. */
function formatDuration(ms: number): string {
  if (ms > 0 && ms < 1000) return `${Math.ceil(ms)}ms`
  const total = Math.max(0, Math.ceil(ms / 1000))
  const [hours, minutes] = [Math.floor(total / 3600), Math.floor(total / 60) % 60]
  const seconds = `${total % 60}s`
  if (hours > 0) return `${hours}h${minutes}m${seconds}`
  return minutes > 0 ? `${minutes}m${seconds}` : seconds
}

function leastOf(standings: readonly Standing[]): Standing | null {
  let least: Standing | null = null
  for (const standing of standings) {
    if (least === null || standing.remaining < least.remaining) least = standing
  }
  return least
}

function secondsUntil(at: number, now: number): number {
  return Math.max(0, Math.ceil((at - now) / 1000))
}

/** Clients are not told to wait longer than this: libraries would sleep on, or ignore it. */
const patienceMs = 60_000

/** Programs with OpenAI's or Anthropic's form would sleep longer than this and show nothing. */
const sleepMsMax = 300_000

/** When a new attempt can succeed (0: unknown), and whether clients should not make one. */
export type Retry = { readonly waitMs: number; readonly isFinal: boolean }

export function retryOf(row: ReasonRow, refusal: Refusal | null): Retry {
  const waitMs = isHopeless(refusal)
    ? 0
    : (refusal?.retryAfterMs ?? (row.retryAfterSeconds ?? 0) * 1000)
  return { waitMs, isFinal: row.isFinal === true || waitMs >= patienceMs || isHopeless(refusal) }
}

/** Returns when to try again, and whether to; OpenAI's and Anthropic's libraries obey these. */
export function retryFields(row: ReasonRow, retry: Retry, dialect: Dialect): Fields {
  const { isFinal } = retry
  const isLong = dialect === 'openai' && retry.waitMs > sleepMsMax
  // The contract of the bridge has the field in every 429 and 503.
  const waitMsMin = dialect === 'bridge' ? (row.retryAfterSeconds ?? 0) * 1000 : 0
  const waitMs = isLong ? 0 : retry.waitMs || waitMsMin
  return {
    ...(waitMs > 0 && { 'retry-after': String(Math.ceil(waitMs / 1000)) }),
    ...(waitMs > 0 && row.status === 429 && { 'retry-after-ms': String(Math.ceil(waitMs)) }),
    ...(isFinal && { 'x-should-retry': 'false' }),
  }
}

/** Whether waiting cannot help: a lifetime limit is used up, or the request exceeds its limit. */
function isHopeless(refusal: Refusal | null): boolean {
  const limit = refusal?.limit ?? null
  return limit !== null && limit.unit !== 'concurrent' && refusal?.retryAfterMs === null
}
