/**
 * Describes the refusal by a limit for the caller: which limit, what is used or left of it, what
 * was requested, and when it resets. A caller without a key gets no text about a key.
 */
import { formatSecond } from '../lib/instant.ts'
import type { Asked, Refusal } from './admission.ts'
import type { BridgeMembers, Detail, QuotaInfo } from './detail.ts'
import type { RequestFacts } from './facts.ts'
import { noQuota, type Standing } from './limit.ts'
import { namedCaller, type Principal } from './principal.ts'
import { choosingOwnerOf } from './subject.ts'

type About = {
  readonly facts: Pick<RequestFacts, 'endpoint'>
  readonly principal: Principal | null
}

/** Returns the sentence of a refusal; null if no limit of the caller caused it. */
export function describeRefusal(refusal: Refusal, about: About): Detail | null {
  const { limit, asked } = refusal
  if (limit === null) return null
  if (limit.unit === 'concurrent') return { text: describeRunning(limit, about), param: null }
  if (asked !== undefined && limit.remaining > 0)
    return describeAsked(refusal, { limit, asked, about })
  const text = `${describeUsed(limit, about)} ${describeAgain(refusal, limit)}`
  return {
    text,
    param: null,
    ...(refusal.quotas && { members: quotaMembers(refusal.quotas, limit) }),
  }
}

/** Describes the quotas of an app's user, for a program of the app. */
function quotaMembers(quotas: readonly Standing[], { resetAt }: Standing): BridgeMembers {
  return {
    quotaInfo: quotaInfoOf(quotas),
    ...(resetAt !== null && { resetAt: formatSecond(resetAt) }),
  }
}

/** Returns what an app's user may use and has used, from the standings of its two quotas. */
export function quotaInfoOf(quotas: readonly Standing[]): QuotaInfo {
  const [day, month] = (['day', 'month'] as const).map((period) =>
    quotas.find(({ text }) => text.endsWith(`/${period}`)),
  )
  const quotaOf = (quota: Standing | undefined) =>
    quota === undefined || quota.amount === noQuota ? null : quota.amount
  return {
    ...{ dailyQuota: quotaOf(day), dailyUsed: day?.used ?? 0 },
    ...{ monthlyQuota: quotaOf(month), monthlyUsed: month?.used ?? 0 },
  }
}

function describeRunning(limit: Standing, about: About): string {
  const used = `${count(limit.used, 'request')} ${limit.used === 1 ? 'is' : 'are'} running or waiting`
  return `Too many requests at the same time: ${used}, and ${nameOf(limit, about)} allows no more. Try again when one has finished.`
}

/** The limit is not used up: this request is too large for what is left. */
function describeAsked(
  refusal: Refusal,
  { limit, asked, about }: { limit: Standing; asked: Asked; about: About },
): Detail {
  const again = refusal.againAt ?? limit.resetAt
  const until = again === null ? '' : ` until ${formatSecond(again)}`
  const member = about.facts.endpoint?.output[0] ?? null
  const isOutput = asked.outputTokens > 0 && member !== null
  const size = limit.unit === 'micro-usd' ? 'cost' : 'use'
  const output = isOutput ? `, with ${count(asked.outputTokens, 'token')} of output` : ''
  const cure = isOutput ? `ask for less (${member})` : 'send a shorter prompt'
  const left = `${amount(limit.remaining, limit)} ${limit.remaining === 1 ? 'is' : 'are'} left of ${limit.text}`
  return {
    text: `This request may ${size} up to ${amountWithUnit(asked.units, limit)}${output}; ${left}${sharedBy(limit, about)}${until}; ${cure}.`,
    param: isOutput ? member : null,
  }
}

function describeUsed(limit: Standing, about: About): string {
  const isRate = limit.isRate === true
  const used = `${amount(limit.used, limit)} of ${amountWithUnit(limit.amount, limit)}`
  const tooMany = isRate && limit.unit === 'requests' ? 'Too many requests: ' : ''
  const text = `${tooMany}${nameOf(limit, about)} is ${isRate ? 'reached' : 'used up'}: ${used}.`
  return text.replace(/^t/, 'T')
}

function describeAgain({ againAt = null, retryAfterMs }: Refusal, limit: Standing): string {
  if (againAt === null || retryAfterMs === null) return 'It does not reset.'
  const word = limit.isRate ? 'Try again' : 'It resets'
  return `${word} at ${formatSecond(againAt)}.`
}

function nameOf(limit: Standing, about: About): string {
  return `the limit ${limit.text}${ownerOf(limit, about)}`
}

function ownerOf({ scope, subject }: Standing, { principal }: About): string {
  const ofApp = choosingOwnerOf(subject) === null ? ' of this app' : ' of this user'
  const owners: Readonly<Record<Standing['scope'], string>> = {
    global: ' of all callers together',
    service: ' of this service',
    team: ' of this team',
    role: ` of the role ${principal?.role ?? ''}`,
    user: ' of this user',
    key: principal === null ? '' : ` of ${namedCaller(principal)}`,
    reads: ' on reading',
    app: ofApp,
    person: ' of everything that the person behind this credential made',
    address: ' of this address',
    network: ' of this network',
  }
  return owners[scope]
}

/** Only for limits that other callers also use up. */
function sharedBy(limit: Standing, about: About): string {
  return limit.scope === 'key' ? '' : ownerOf(limit, about)
}

function amount(units: number, { unit }: Pick<Standing, 'unit'>): string {
  return unit === 'micro-usd' ? `${dollars(units)} USD` : units.toLocaleString('en-US')
}

function amountWithUnit(units: number, limit: Pick<Standing, 'unit'>): string {
  if (limit.unit === 'micro-usd') return amount(units, limit)
  return count(units, limit.unit === 'tokens' ? 'token' : 'request')
}

function count(units: number, word: string): string {
  return `${units.toLocaleString('en-US')} ${word}${units === 1 ? '' : 's'}`
}

/** Whole cents, or as many decimals as needed: `0.50`, `0.0042`. */
function dollars(microUsd: number): string {
  const digits = String(Math.max(0, microUsd)).padStart(7, '0')
  return `${digits.slice(0, -6)}.${digits.slice(-6).replace(/0{1,4}$/, '')}`
}
