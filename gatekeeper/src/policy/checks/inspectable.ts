import type { Check, Question } from '../../model/decision.ts'
import type { RequestFacts } from '../../model/facts.ts'
import { isOpaque } from '../../model/kind.ts'
import { isOfModels, isSeenOnHead, type Limit } from '../../model/limit.ts'
import { isModelLimited } from '../../model/principal.ts'
import { hasFreeUse } from '../../model/service.ts'
import { describeUnheld, findUnheldOnCheck } from '../unheld.ts'
import { ofRestrictions, ofRoute } from '../written-places.ts'

/**
 * Refuses a request whose point cannot see whether it stays within the caller's models and limits. A
 * check route sees no body and no answer. The relay sees no models in bytes, none at a service
 * without endpoint rows, and no usage of an upload whose answer has no figures. Uploads to LiteLLM
 * must be seen in any case: a form field (`api_base`) would turn it into another client.
 */
export const inspectable: Check = {
  name: 'inspectable',
  examine: (question) => (findUnseen(question) === null ? null : 'not-inspected'),
  describe: (question) => {
    const what = findUnseen(question)
    return what === null ? null : describeUnheld(question, what)
  },
  written: (question) => [ofRoute(question.facts), ...ofRestrictions(question)],
}

function findUnseen({ facts, principal, limits }: Question): string | null {
  const { point, service, endpoint } = facts
  if (service?.kind.isOwn) return null
  if (point === 'relay') {
    if (isModelLimited(principal) && !areModelsSeen(facts)) return 'models'
    return limits.find(({ limit }) => !isCountable(limit, facts))?.limit.text ?? null
  }
  const isUnseenForm = endpoint?.body === 'multipart' && service?.kind.hasRiskyForms
  if (isUnseenForm && principal.role !== 'admin') return 'fields of uploads'
  return findUnheldOnCheck(service, { principal, limits })
}

/** Returns true for a service without models: none can be another than the caller's. */
function areModelsSeen({ service, endpoint }: RequestFacts): boolean {
  if (service !== null && hasFreeUse(service)) return true
  return !(service !== null && isOpaque(service.kind)) && endpoint?.body !== 'bytes'
}

/** Whether the relay sees what the limit counts. */
function isCountable(limit: Limit, { service, endpoint }: RequestFacts): boolean {
  if (isSeenOnHead(limit)) return true
  if (service !== null && hasFreeUse(service) && isOfModels(limit)) return true
  // The relay carries the answer, so it sees these whatever the answer is.
  if (limit.kind === 'concurrent') return true
  if (limit.kind === 'cap' && limit.of === 'stream-seconds') return true
  if (service !== null && isOpaque(service.kind)) return false
  const isUnread = endpoint?.body === 'multipart' || endpoint?.body === 'bytes'
  return !(isUnread && endpoint.class === 'use' && endpoint.usage === null)
}
