/**
 * Limits for callers without a credential, by address. They are not in the ledger, whose accounts
 * belong to known callers and outlive the process: any stranger could use up one shared account,
 * and addresses are kept for a minute only.
 */
import { createRateLimiter, type Rate } from '../lib/load/rate-limiter.ts'
import { groupAddress } from '../lib/net/address-group.ts'
import type { RequestFacts } from '../model/facts.ts'
import { type QuotaLimit, windowMsOf } from '../model/limit.ts'
import type { Service } from '../model/service.ts'
import { isReading } from '../policy/policies.ts'
import type { Reserver } from './reserve.ts'

/** Limits the requests of visitors to the domain chat. */
export function limitVisitors(services: readonly Service[]): Reserver[] {
  const rate = services.find(({ chat }) => chat)?.chat?.visitor?.perAddress
  if (rate === undefined) return []
  return [limitAddresses(rate, ({ service }) => service?.chat !== undefined)]
}

const minutesOf: Readonly<Record<string, number>> = {
  day: 1_440,
  month: 44_640,
  lifetime: 44_640,
}

/** Limits the reads of callers without a credential. */
export function limitReaders(reads: QuotaLimit): Reserver {
  const windowMs = windowMsOf(reads)
  const minutes = windowMs === null ? (minutesOf[reads.period] ?? 1) : windowMs / 60_000
  const perMinute = reads.amount / minutes
  const rate = { burst: reads.burst ?? reads.amount, perMinute }
  const isRead = ({ endpoint, service }: RequestFacts) =>
    isReading(endpoint?.class) && !service?.kind.isOwn
  return limitAddresses(rate, isRead)
}

function limitAddresses(rate: Rate, counts: (facts: RequestFacts) => boolean): Reserver {
  const limiter = createRateLimiter(rate)
  const retryAfterMs = Math.ceil(60_000 / rate.perMinute)
  const ask =
    (hasRoom: (name: string) => boolean): Reserver['reserve'] =>
    ({ facts, principal }) => {
      if (principal.kind !== 'anonymous' || !counts(facts)) return null
      if (hasRoom(groupAddress(facts.clientAddress))) return null
      return { reason: 'rate-limited', limit: null, retryAfterMs }
    }
  return { reserve: ask(limiter.take), rehearse: ask(limiter.hasRoom) }
}
