import type { Clock } from '../lib/clock.ts'
import { createUsedOnce, type UsedOnce } from '../lib/load/used-once.ts'
import type { Service } from '../model/service.ts'
import { widgetTokenSeconds } from '../model/widget.ts'
import type { Reserver } from './reserve.ts'

/**
 * Lets each token of the widget pass once, if the operator wants that. What was used before this
 * process began is not known, so older tokens are refused: pages get a new one.
 */
export function limitReuse(services: readonly Service[], clock: Clock): Reserver[] {
  const isAsked = services.some(({ widget }) => widget?.singleUse)
  if (!isAsked) return []
  const startedAt = clock()
  const used = createUsedOnce(widgetTokenSeconds * 1000, clock)
  const ask =
    (use: UsedOnce['take']): Reserver['reserve'] =>
    ({ facts, principal }) => {
      const { visit } = principal
      if (visit === undefined || facts.service?.widget?.singleUse !== true) return null
      const isOld = visit.issuedAt < Math.floor(startedAt / 1000) * 1000
      const found = visit.tokenId === null || isOld ? 'used' : use(visit.tokenId)
      if (found === null) return null
      const reason = found === 'used' ? 'token-revoked' : 'check-failed'
      return { reason, limit: null, retryAfterMs: null }
    }
  return [{ reserve: ask(used.take), rehearse: ask(used.test) }]
}
