/**
 * The limit of reading for callers without a credential, by their addresses. Not in the ledger, whose
 * accounts are known callers': an account of all strangers together would be anybody's to use up.
 */

import { createRateLimiter } from '../lib/load/rate-limiter.ts'
import { groupAddress } from '../lib/net/address-group.ts'
import type { Refusal } from '../model/admission.ts'
import type { RequestFacts } from '../model/facts.ts'
import type { QuotaLimit } from '../model/limit.ts'
import type { Principal } from '../model/principal.ts'
import { isReading } from '../policy/policies.ts'

type Question = { readonly facts: RequestFacts; readonly principal: Principal }

const minutesOf: Readonly<Record<QuotaLimit['period'], number>> = {
  minute: 1,
  hour: 60,
  day: 1_440,
  month: 44_640,
  lifetime: 44_640,
}

/** Makes a test that counts a stranger's read against its address; it gives null if that has room. */
export function createReaderBound(reads: QuotaLimit): (question: Question) => Refusal | null {
  const perMinute = reads.amount / minutesOf[reads.period]
  const limiter = createRateLimiter({ burst: reads.burst ?? reads.amount, perMinute })
  const retryAfterMs = Math.ceil(60_000 / perMinute)
  return ({ facts, principal }) => {
    const isStrange = principal.kind === 'anonymous' && isReading(facts.endpoint?.class)
    if (!isStrange || facts.service?.kind === 'own') return null
    if (limiter.take(groupAddress(facts.clientAddress))) return null
    return { reason: 'rate-limited', limit: null, retryAfterMs }
  }
}
