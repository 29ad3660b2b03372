import type { Check } from '../../model/decision.ts'
import { isSameOrigin } from '../../model/origin.ts'
import { principalOf } from '../caller.ts'

/**
 * A page of a web origin may call only services that name the origin, and a key that names origins
 * works from those alone. `Origin: null` (sandboxed frames, files) is no origin of anybody.
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
