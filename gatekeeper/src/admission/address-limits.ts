/**
 * Limits by address, for callers without a credential and for everybody. They are not in the ledger,
 * whose accounts belong to known callers and outlive the process: any stranger could use up one
 * shared account. Memory is bounded: the addresses that were seen first are forgotten first.
 */
import type { Clock } from '../lib/clock.ts'
import { createRateLimiter, type Rate, type RateLimiter } from '../lib/load/rate-limiter.ts'
import { groupAddress } from '../lib/net/address-group.ts'
import type { Refusal } from '../model/admission.ts'
import type { RequestFacts } from '../model/facts.ts'
import { type QuotaLimit, rateOf, type Standing, windowMsOf } from '../model/limit.ts'
import { publicUserCalls } from '../model/open-limits.ts'
import { accountOf, type Service } from '../model/service.ts'
import { isReading } from '../policy/policies.ts'
import type { ReserveQuestion, Reserver } from './reserve.ts'

/** Limits the requests of visitors to the domain chat. */
export function limitVisitors(services: readonly Service[]): Reserver[] {
  const rate = services.find(({ chat }) => chat)?.chat?.visitor?.perAddress
  if (rate === undefined) return []
  const isVisit = ({ facts: { service }, principal }: ReserveQuestion) =>
    principal.kind === 'anonymous' && service?.chat !== undefined
  return [limitAddresses(rate, isVisit)]
}

/** Limits the reads of callers without a credential. */
export function limitReaders(reads: QuotaLimit): Reserver {
  const isRead = ({ facts: { endpoint, service }, principal }: ReserveQuestion) =>
    principal.kind === 'anonymous' && isReading(endpoint?.class) && !service?.kind.isOwn
  return limitAddresses(rateOf(reads), isRead)
}

/**
 * Limits what users of public apps ask about their tokens, which anybody gets: no quota counts it,
 * and each request is recorded on the disk.
 */
export function limitPublicUsers(): Reserver {
  return limitAddresses(publicUserCalls, ({ facts: { service }, principal }) => {
    return principal.app?.isPublic === true && service?.kind.isOwn === true
  })
}

function limitAddresses(rate: Rate, counts: (question: ReserveQuestion) => boolean): Reserver {
  const limiter = createRateLimiter(rate)
  const retryAfterMs = Math.ceil(60_000 / rate.perMinute)
  const ask =
    (hasRoom: (name: string) => boolean): Reserver['reserve'] =>
    (question) => {
      if (!counts(question) || hasRoom(groupAddress(question.facts.clientAddress))) return null
      return { reason: 'rate-limited', limit: null, retryAfterMs }
    }
  return { reserve: ask(limiter.take), rehearse: ask(limiter.hasRoom) }
}

/** The refusal of a request by the limits of its address, and how these limits stand. */
export type AddressAnswer = {
  readonly refusal: Refusal | null
  readonly standings: readonly Standing[]
}

export type LimitAddress = (facts: RequestFacts) => AddressAnswer

export const unlimitedAddress: AddressAnswer = { refusal: null, standings: [] }

type AddressLimit = {
  readonly limit: QuotaLimit
  readonly limiter: RateLimiter
  /** The service whose requests count; null: all requests. */
  readonly account: string | null
}

export type AddressLimitDeps = {
  readonly perAddress: readonly QuotaLimit[]
  readonly services: readonly Service[]
  /** The wall clock, for the instants in answers. */
  readonly clock: Clock
  /** Milliseconds that never go back; injected in tests. */
  readonly ticks?: Clock
}

/**
 * Limits every client address, whatever credential it shows: before the credential is looked at, so
 * that refused requests count too. `limitAddress` charges all limits or none, in one step.
 */
export function createAddressLimits({ perAddress, services, clock, ticks }: AddressLimitDeps): {
  readonly limitAddress: LimitAddress
  readonly rehearseAddress: LimitAddress
} {
  const toLimit = (limit: QuotaLimit, account: string | null): AddressLimit => {
    return { limit, account, limiter: createRateLimiter(rateOf(limit), ticks) }
  }
  const accounts = new Map(
    services.map((service) => [addressAccountOf(service), service.perAddress ?? []]),
  )
  const all = [
    ...perAddress.map((limit) => toLimit(limit, null)),
    ...[...accounts].flatMap(([account, own]) => own.map((limit) => toLimit(limit, account))),
  ]
  const limitsOf = ({ service, endpoint }: RequestFacts) => {
    const account = service && !endpoint?.isFile ? addressAccountOf(service) : null
    return all.filter((one) => one.account === null || one.account === account)
  }
  const ask = (isCharging: boolean) => (facts: RequestFacts) => {
    const own = limitsOf(facts)
    if (own.length === 0) return unlimitedAddress
    const name = groupAddress(facts.clientAddress)
    const short = own.find(({ limiter }) => !limiter.hasRoom(name))
    if (short !== undefined) return refuseAddress(short, name, clock())
    if (isCharging) for (const { limiter } of own) limiter.take(name)
    return { refusal: null, standings: own.map((one) => describeStanding(one, name, clock())) }
  }
  return { limitAddress: ask(true), rehearseAddress: ask(false) }
}

/** The widget has visitors of its own, whose addresses are not those of the service behind it. */
const addressAccountOf = (service: Service) => (service.widget ? service.name : accountOf(service))

function refuseAddress(short: AddressLimit, name: string, now: number): AddressAnswer {
  const { waitMs } = short.limiter.read(name)
  const limit = describeStanding(short, name, now)
  // At least one: a client that waits for 0 ms would come back at once.
  const retryAfterMs = Math.max(1, waitMs)
  const againAt = now + retryAfterMs
  return { refusal: { reason: 'rate-limited', limit, retryAfterMs, againAt }, standings: [] }
}

function describeStanding(
  { limit, limiter, account }: AddressLimit,
  name: string,
  now: number,
): Standing {
  const { room, resetMs } = limiter.read(name)
  const windowMs = windowMsOf(limit)
  return {
    scope: 'address',
    subject: account === null ? 'address' : `service:${account}`,
    ...{ text: limit.text, unit: limit.unit, amount: limit.amount },
    used: limit.amount - Math.min(room, limit.amount),
    remaining: room,
    resetAt: now + resetMs,
    periodSeconds: windowMs === null ? null : windowMs / 1000,
    isRate: true,
  }
}
