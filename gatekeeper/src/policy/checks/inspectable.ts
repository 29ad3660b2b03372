import { principalOf } from '../caller.ts'
import { hasCaps } from '../caps.ts'
import type { Check } from '../decision.ts'
import type { RequestFacts } from '../facts.ts'
import { isSeenOnHead } from '../limit.ts'
import { isModelLimited, type Principal } from '../principal.ts'

/**
 * What a key is limited to must be seen to be kept. A check route sees no body and no answer; the
 * relay sees no models in bytes, and none at all of a service that has no endpoint rows. Uploads to
 * LiteLLM must be seen in any case: a form field (`api_base`) would turn it into another client.
 */
export const inspectable: Check = {
  name: 'inspectable',
  needs: 'head',
  examine: ({ facts, caller, limits }) => {
    const principal = principalOf(caller)
    const { point, service, endpoint } = facts
    if (service?.kind === 'own') return null
    const isForm = endpoint?.body === 'multipart'
    if (point === 'check') {
      if (isForm && service?.kind === 'openai' && principal.role !== 'admin') return 'not-inspected'
      const isSeen = limits.every(({ limit }) => isSeenOnHead(limit))
      return isSeen && !isBodyLimited(principal) ? null : 'not-inspected'
    }
    return isModelLimited(principal) && !areModelsSeen(facts) ? 'not-inspected' : null
  },
}

/** A right that is nowhere spoken of is no limit here: it is not given, and the relay keeps it. */
function isBodyLimited(principal: Principal): boolean {
  return isModelLimited(principal) || principal.cloudModels === false || hasCaps(principal.caps)
}

function areModelsSeen({ service, endpoint }: RequestFacts): boolean {
  return service?.kind !== 'http' && endpoint?.body !== 'bytes'
}
