import type { Check } from '../../model/decision.ts'
import { isSameOrigin } from '../../model/origin.ts'
import { ofCaller, ofService } from '../written-places.ts'

/**
 * A page of a web origin may call only services that list the origin, and a key that lists origins
 * works from those only. `Origin: null` (sandboxed frames, files) matches no list.
 */
export const allowedOrigin: Check = {
  name: 'allowed-origin',
  examine: ({ facts, principal }) => {
    const { origin } = facts
    const own = principal.origins
    if (own.length > 0 && (origin === null || !own.includes(origin))) return 'origin-not-allowed'
    if (origin === null && facts.service?.needsOrigin) return 'origin-not-allowed'
    if (origin === null || isSameOrigin(origin, facts.host)) return null
    return facts.service?.origins.includes(origin) ? null : 'origin-not-allowed'
  },
  written: ({ facts, principal }) => {
    const own = principal.origins
    const isOwn = own.length > 0 && !own.includes(facts.origin ?? '')
    return isOwn ? ofCaller(principal, 'origins') : [ofService(facts, 'origins')]
  },
}
