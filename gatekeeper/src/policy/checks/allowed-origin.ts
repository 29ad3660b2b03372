import type { Check } from '../../model/decision.ts'
import type { RequestFacts } from '../../model/facts.ts'
import { isSameOrigin } from '../../model/origin.ts'
import type { AppUser, Principal } from '../../model/principal.ts'
import type { Reason } from '../../model/reason.ts'
import { ofCaller, ofService } from '../written-places.ts'

/**
 * A page of a web origin may call only services that list the origin, and a key that lists origins
 * works from those only. `Origin: null` (sandboxed frames, files) matches no list.
 */
export const allowedOrigin: Check = {
  name: 'allowed-origin',
  examine: ({ facts, principal }) => {
    const { origin, endpoint } = facts
    // Such an endpoint learns whose origins count only from the proof that it reads.
    if (endpoint?.readsCredentials) return null
    if (principal.app !== undefined) return examineApp(facts, principal, principal.app)
    const own = principal.origins
    if (own.length > 0 && (origin === null || !own.includes(origin))) return 'origin-not-allowed'
    if (origin === null && facts.service?.needsOrigin) return 'origin-not-allowed'
    if (origin === null || isSameOrigin(origin, facts.host)) return null
    return facts.service?.origins.includes(origin) ? null : 'origin-not-allowed'
  },
  written: ({ facts, principal }) => {
    if (principal.app !== undefined) return ofCaller(principal, 'origins')
    const own = principal.origins
    const isOwn = own.length > 0 && !own.includes(facts.origin ?? '')
    return isOwn ? ofCaller(principal, 'origins') : [ofService(facts, 'origins')]
  },
}

/** The origins of an app hold with its tokens, in place of those of the service. */
function examineApp(
  { origin, host, service }: RequestFacts,
  { origins }: Principal,
  { allowNoOrigin }: AppUser,
): Reason | null {
  if (origin === null) {
    return allowNoOrigin && !service?.needsOrigin ? null : 'origin-not-allowed'
  }
  const listed = origins.length > 0 ? origins : (service?.origins ?? [])
  const isAllowed = listed.includes(origin) || (origins.length === 0 && isSameOrigin(origin, host))
  return isAllowed ? null : 'origin-not-allowed'
}
