/**
 * The limit of reading for callers without a credential, by their addresses. Not in the ledger, whose
 * accounts are known callers': an account of all strangers together would be anybody's to use up.
 */
import { groupAddress } from './lib/address-group.ts'
import { createRateLimiter } from './lib/rate-limiter.ts'
import type { Refusal } from './policy/admission.ts'
import type { RequestFacts } from './policy/facts.ts'
import type { QuotaLimit } from './policy/limit.ts'
import { isReading } from './policy/policies.ts'
import type { Principal } from './policy/principal.ts'

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
