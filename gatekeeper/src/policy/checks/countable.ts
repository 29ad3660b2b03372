import { principalOf } from '../caller.ts'
import { hasCaps } from '../caps.ts'
import type { Check, Question } from '../decision.ts'
import { isSeenOnHead, type Limit } from '../limit.ts'

/**
 * A limit is kept or the request is refused: whoever has a budget of tokens must not spend it where
 * nobody counts. A check route sees requests alone; an opaque service shows how long it answers, and
 * not what it was asked; of an upload without figures in its answer nobody knows what it used.
 */
export const countable: Check = {
  name: 'countable',
  needs: 'head',
  examine: (question) => {
    const { facts, caller, limits } = question
    const { caps } = principalOf(caller)
    if (facts.service?.kind === 'own') return null
    if (facts.point === 'check' && hasCaps(caps)) return 'not-inspected'
    return limits.every(({ limit }) => isCountable(limit, question)) ? null : 'not-inspected'
  },
}

function isCountable(limit: Limit, { facts }: Question): boolean {
  if (isSeenOnHead(limit)) return true
  if (facts.point === 'check') return false
  // Seen by whoever carries the answer, whatever it is.
  if (limit.kind === 'concurrent') return true
  if (limit.kind === 'cap' && limit.of === 'stream-seconds') return true
  if (facts.service?.kind === 'http') return false
  const { endpoint } = facts
  const isUnread = endpoint?.body === 'multipart' || endpoint?.body === 'bytes'
  return !(isUnread && endpoint.class === 'use' && endpoint.usage === 'none')
}
