import type { Check } from '../../model/decision.ts'
import { isSameOrigin } from '../../model/origin.ts'

/**
 * A browser sends Basic credentials by itself, and anonymous endpoints need none: a page of another
 * site or of a sibling could use both without knowing a key (cross-site request forgery).
 */
export const sameSite: Check = {
  name: 'same-site',
  examine: ({ facts, principal }) => {
    // It takes nothing that a browser sends by itself, and judges the origin when it knows the app.
    if (facts.endpoint?.readsCredentials) return null
    const isAmbient = facts.carrier === 'basic' || principal.kind === 'anonymous'
    // `same-site` is a page of a sibling: another port of our host, or a related name. Its images,
    // scripts and links carry no Origin, but the browser still sends the credentials.
    const isOwn = facts.fetchSite === null || ['same-origin', 'none'].includes(facts.fetchSite)
    const isForeign = facts.origin !== null && !isSameOrigin(facts.origin, facts.host)
    return isAmbient && (!isOwn || isForeign) ? 'cross-site' : null
  },
}
