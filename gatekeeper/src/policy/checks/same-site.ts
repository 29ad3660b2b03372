import { principalOf } from '../caller.ts'
import type { Check } from '../decision.ts'
import { isSameOrigin } from '../origin.ts'

/**
 * A browser adds Basic credentials by itself, and needs none for anonymous endpoints: a page of
 * another site could use both without knowing any key (cross-site request forgery).
 */
export const sameSite: Check = {
  name: 'same-site',
  needs: 'head',
  examine: ({ facts, caller }) => {
    const isAmbient = facts.carrier === 'basic' || principalOf(caller).kind === 'anonymous'
    const isForeign = facts.origin !== null && !isSameOrigin(facts.origin, facts.host)
    return isAmbient && (facts.fetchSite === 'cross-site' || isForeign) ? 'cross-site' : null
  },
}
