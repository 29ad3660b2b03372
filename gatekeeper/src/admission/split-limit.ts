import { splitPattern } from '../kinds/own/split-key.ts'
import { createRateLimiter } from '../lib/load/rate-limiter.ts'
import type { Reserver } from './reserve.ts'

const perMinute = 10

/**
 * Limits how many keys one caller splits: each is written to a document. Calls of our own endpoints
 * are no use of a service, so the ledger does not count them.
 */
export function limitSplits(): Reserver {
  const limiter = createRateLimiter({ burst: perMinute, perMinute })
  const retryAfterMs = 60_000 / perMinute
  const ask =
    (hasRoom: (name: string) => boolean): Reserver['reserve'] =>
    ({ facts, principal }) => {
      if (facts.endpoint?.pattern !== splitPattern || hasRoom(principal.id)) return null
      return { reason: 'rate-limited', limit: null, retryAfterMs }
    }
  return { reserve: ask(limiter.take), rehearse: ask(limiter.hasRoom) }
}
