import type { Check, Question } from '../../model/decision.ts'
import type { RequestFacts } from '../../model/facts.ts'
import { isModelLimited } from '../../model/principal.ts'
import { hasFreeUse } from '../../model/service.ts'
import { principalOf } from '../caller.ts'
import { describeUnheld, findUnheldOnCheck } from '../unheld.ts'

/**
 * What a key is limited to must be seen to be kept. A check route sees no body and no answer; the
 * relay sees no models in bytes, and none at all of a service that has no endpoint rows. Uploads to
 * LiteLLM must be seen in any case: a form field (`api_base`) would turn it into another client.
 */
export const inspectable: Check = {
  name: 'inspectable',
  needs: 'head',
  examine: (question) => (findUninspected(question) === null ? null : 'not-inspected'),
  describe: (question) => {
    const what = findUninspected(question)
    return what === null ? null : describeUnheld(question, what)
  },
}

function findUninspected({ facts, caller, limits }: Question): string | null {
  const principal = principalOf(caller)
  const { point, service, endpoint } = facts
  if (service?.kind === 'own') return null
  if (point === 'relay') return isModelLimited(principal) && !areModelsSeen(facts) ? 'models' : null
  const isUnseenForm = endpoint?.body === 'multipart' && service?.kind === 'openai'
  if (isUnseenForm && principal.role !== 'admin') return 'fields of uploads'
  return findUnheldOnCheck(service, { principal, limits })
}

/** Where no models are, none can be another than the caller's. */
function areModelsSeen({ service, endpoint }: RequestFacts): boolean {
  if (service !== null && hasFreeUse(service)) return true
  return service?.kind !== 'http' && endpoint?.body !== 'bytes'
}
