import type { Clock } from '../lib/clock.ts'
import type { Service } from '../model/service.ts'
import { widgetTokenSeconds } from '../model/widget.ts'
import type { Reserver } from './reserve.ts'

/** Used tokens that are remembered. Where there are more, requests are refused until some expired. */
const rememberedMax = 200_000

/**
 * Lets each token of the widget pass once, if the operator wants that. What was used before this
 * process began is not known, so older tokens are refused: pages get a new one.
 */
export function limitReuse(services: readonly Service[], clock: Clock): Reserver[] {
  const isAsked = services.some(({ widget }) => widget?.singleUse)
  if (!isAsked) return []
  const startedAt = clock()
  const used = createUsedTokens(clock)
  const ask =
    (use: (tokenId: string) => Reason | null): Reserver['reserve'] =>
    ({ facts, principal }) => {
      const { visit } = principal
      if (visit === undefined || facts.service?.widget?.singleUse !== true) return null
      const isOld = visit.issuedAt < Math.floor(startedAt / 1000) * 1000
      const reason = visit.tokenId === null || isOld ? 'token-revoked' : use(visit.tokenId)
      return reason === null ? null : { reason, limit: null, retryAfterMs: null }
    }
  return [{ reserve: ask(used.take), rehearse: ask(used.test) }]
}

type Reason = 'token-revoked' | 'check-failed'

/** Two halves, each of one lifetime of a token: the older one is dropped as a whole. */
function createUsedTokens(clock: Clock) {
  const lifetimeMs = widgetTokenSeconds * 1000
  let recent = new Set<string>()
  let older = new Set<string>()
  let turnAt = clock() + lifetimeMs
  const turn = () => {
    const now = clock()
    if (now < turnAt) return
    older = now < turnAt + lifetimeMs ? recent : new Set()
    recent = new Set()
    turnAt = now + lifetimeMs
  }
  const test = (tokenId: string): Reason | null => {
    turn()
    if (recent.has(tokenId) || older.has(tokenId)) return 'token-revoked'
    return recent.size >= rememberedMax ? 'check-failed' : null
  }
  return {
    test,
    take: (tokenId: string) => {
      const reason = test(tokenId)
      if (reason === null) recent.add(tokenId)
      return reason
    },
  }
}
