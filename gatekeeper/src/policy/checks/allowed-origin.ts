import type { Check } from '../../model/decision.ts'
import { isSameOrigin } from '../../model/origin.ts'
import { principalOf } from '../caller.ts'

/**
 * A page of a web origin may call only services that list the origin, and a key that lists origins
 * works from those only. `Origin: null` (sandboxed frames, files) matches no list.
 */
export const allowedOrigin: Check = {
  name: 'allowed-origin',
  needs: 'head',
  examine: ({ facts, caller }) => {
    const { origin } = facts
    const own = principalOf(caller).origins
    if (own.length > 0 && (origin === null || !own.includes(origin))) return 'origin-not-allowed'
    if (origin === null || isSameOrigin(origin, facts.host)) return null
    return facts.service?.origins.includes(origin) ? null : 'origin-not-allowed'
  },
}
