import type { ByteTransform } from '../lib/byte-transform.ts'
import type { Admission } from '../model/admission.ts'
import type { Obligation } from '../model/decision.ts'
import { chain, createChatAnswer } from './chat-answer.ts'
import type { HeldTransform } from './held-transform.ts'
import { createMissingModelFilter, mayMissModel } from './missing-model.ts'
import { createModelFilter } from './model-filter.ts'
import { providerOf } from './provider-fields.ts'
import { createProviderLimit } from './provider-limit.ts'
import type { AnswerFields } from './response-fields.ts'
import { createUsageEventFilter } from './usage-event-filter.ts'

/** Returns the transforms of an answer with this head; null if it is forwarded unchanged. */
export type ChangeAnswer = (
  status: number,
  fields: AnswerFields,
) => ByteTransform | HeldTransform | null

/** Forwards bytes unchanged. */
export const noChange: ByteTransform = { push: (chunk) => chunk, end: () => null }

/** Returns the transforms that an admission requires; `asks` is whether we requested its usage. */
export function changesOf(
  admission: Admission,
  isStream: boolean,
  asks: () => boolean = () => true,
): ChangeAnswer {
  const owes = (owed: Obligation['kind']) => admission.obligations.some(({ kind }) => kind === owed)
  const isChat = admission.facts.endpoint?.dialect === 'chat'
  const { requestId } = admission.facts
  const [isUsageHidden, isFiltered] = [owes('ask-usage'), owes('filter-models')]
  const hideUsage = (status: number, fields: AnswerFields) =>
    isUsageHidden && asks() && status < 300 && isEventStream(fields)
      ? createUsageEventFilter()
      : null
  return (status, fields) => {
    // An answer without success contains a message and no list.
    if (isFiltered && status < 400) return createModelFilter(admission)
    if (status === 429 && providerOf(admission)) return createProviderLimit(admission, fields)
    if (mayMissModel(admission, status, fields)) return createMissingModelFilter(admission, status)
    const hidden = hideUsage(status, fields)
    if (!isChat) return hidden
    const answer = createChatAnswer(requestId, { status, fields, isStream })
    return hidden === null ? answer : chain(hidden, answer)
  }
}

function isEventStream(fields: AnswerFields): boolean {
  return /^text\/event-stream\b/i.test(String(fields['content-type'] ?? '').trim())
}
