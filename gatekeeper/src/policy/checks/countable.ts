import type { Check, Question } from '../../model/decision.ts'
import { isOfModels, isSeenOnHead, type Limit } from '../../model/limit.ts'
import { hasFreeUse } from '../../model/service.ts'
import { principalOf } from '../caller.ts'
import { describeUnheld, findUnheldOnCheck } from '../unheld.ts'

/**
 * A limit is kept or the request is refused: whoever has a budget of tokens must not spend it where
 * nobody counts. A check route sees requests alone; an opaque service shows how long it answers, and
 * not what it was asked; of an upload without figures in its answer nobody knows what it used.
 */
export const countable: Check = {
  name: 'countable',
  needs: 'head',
  examine: (question) => (findUncounted(question) === null ? null : 'not-inspected'),
  describe: (question) => {
    const what = findUncounted(question)
    return what === null ? null : describeUnheld(question, what)
  },
}

function findUncounted(question: Question): string | null {
  const { facts, caller, limits } = question
  const { service } = facts
  const principal = principalOf(caller)
  if (service?.kind === 'own') return null
  if (facts.point === 'check') return findUnheldOnCheck(service, { principal, limits })
  return limits.find(({ limit }) => !isCountable(limit, question))?.limit.text ?? null
}

function isCountable(limit: Limit, { facts }: Question): boolean {
  if (isSeenOnHead(limit)) return true
  if (facts.service !== null && hasFreeUse(facts.service) && isOfModels(limit)) return true
  // Seen by whoever carries the answer, whatever it is.
  if (limit.kind === 'concurrent') return true
  if (limit.kind === 'cap' && limit.of === 'stream-seconds') return true
  if (facts.service?.kind === 'http') return false
  const { endpoint } = facts
  const isUnread = endpoint?.body === 'multipart' || endpoint?.body === 'bytes'
  return !(isUnread && endpoint.class === 'use' && endpoint.usage === 'none')
}
