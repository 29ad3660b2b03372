import type { RequestFacts } from '../model/facts.ts'
import { anonymous, type Principal } from '../model/principal.ts'
import type { Reason } from '../model/reason.ts'

/**
 * Turns the absence of a credential into the anonymous principal if endpoint and service allow one.
 * A bad credential never becomes anonymous: the caller must see that it is bad.
 */
export function resolveCaller(facts: RequestFacts, caller: Principal | Reason): Principal | Reason {
  if (caller !== 'no-credential') return caller
  const visitor = facts.endpoint?.isPublic === true ? facts.service?.chat?.visitor : null
  if (visitor) return visitor.principal
  const isOpen = facts.endpoint?.class === 'open' && facts.service?.anonymous === true
  return isOpen ? anonymous : caller
}
