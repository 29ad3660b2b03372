import type { Check } from '../../model/decision.ts'
import { isSameOrigin } from '../../model/origin.ts'
import { principalOf } from '../caller.ts'

/**
 * A browser adds Basic credentials by itself, and needs none for anonymous endpoints: a page of
 * another site or a sibling could use both without knowing any key (cross-site request forgery).
 */
export const sameSite: Check = {
  name: 'same-site',
  needs: 'head',
  examine: ({ facts, caller }) => {
    const isAmbient = facts.carrier === 'basic' || principalOf(caller).kind === 'anonymous'
    // `same-site` is a sibling's page: another port of our host, or a name beside ours. Its images,
    // scripts and links carry no Origin, and the browser adds the credentials all the same.
    const isOwn = facts.fetchSite === null || ['same-origin', 'none'].includes(facts.fetchSite)
    const isForeign = facts.origin !== null && !isSameOrigin(facts.origin, facts.host)
    return isAmbient && (!isOwn || isForeign) ? 'cross-site' : null
  },
}
