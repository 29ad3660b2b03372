import type { ByteTransform } from '../lib/byte-transform.ts'
import type { Admission } from '../model/admission.ts'
import type { AnswerReader } from '../model/answer-reader.ts'
import type { Obligation } from '../model/decision.ts'
import { chain, chainBytes, createChatAnswer } from './chat-answer.ts'
import type { HeldTransform } from './held-transform.ts'
import { createMissingModelFilter, mayMissModel } from './missing-model.ts'
import { createModelFilter } from './model-filter.ts'
import { createProviderError, createProviderEvents } from './provider-error.ts'
import type { AnswerFields } from './response-fields.ts'
import { createUsageEventFilter } from './usage-event-filter.ts'
import { createWidgetAnswer } from './widget-answer.ts'

/** Returns the transforms of an answer with this head; null if it is forwarded unchanged. */
export type ChangeAnswer = (
  status: number,
  fields: AnswerFields,
) => ByteTransform | HeldTransform | null

/** Forwards bytes unchanged. */
export const noChange: ByteTransform = { push: (chunk) => chunk, end: () => null }

type Sent = {
  readonly isStream: boolean
  /** Whether we requested the usage of the stream. */
  readonly asks: () => boolean
  /** The key that the upstream got. */
  readonly key: string | null
  /** The model that was asked for. */
  readonly model: string | null
  readonly reader: AnswerReader | null
}

/** Returns the transforms that an admission requires. */
export function changesOf(admission: Admission, sent: Sent): ChangeAnswer {
  if (admission.facts.service?.widget) return createWidgetAnswer(admission, sent)
  const { isStream, asks, key } = sent
  const owes = (owed: Obligation['kind']) => admission.obligations.some(({ kind }) => kind === owed)
  const isChat = admission.facts.endpoint?.dialect === 'chat'
  const { requestId, service } = admission.facts
  const isProvider = service?.kind.provider !== undefined
  const [isUsageHidden, isFiltered] = [owes('ask-usage'), owes('filter-models')]
  const hideUsage = (status: number, fields: AnswerFields) =>
    isUsageHidden && asks() && status < 300 && isEventStream(fields)
      ? createUsageEventFilter()
      : null
  return (status, fields) => {
    // An answer without success contains a message and no list.
    if (isFiltered && status < 400) return createModelFilter(admission)
    if (isProvider && status >= 400) return createProviderError(admission, { status, fields, key })
    if (mayMissModel(admission, status, fields)) return createMissingModelFilter(admission, status)
    const hidden = hideUsage(status, fields)
    if (isProvider && isEventStream(fields)) return withoutErrors(admission, hidden)
    if (!isChat) return hidden
    const answer = createChatAnswer(requestId, { status, fields, isStream })
    return hidden === null ? answer : chain(hidden, answer)
  }
}

function withoutErrors({ facts }: Admission, hidden: ByteTransform | null): ByteTransform {
  const events = createProviderEvents(facts)
  return hidden === null ? events : chainBytes(hidden, events)
}

function isEventStream(fields: AnswerFields): boolean {
  return /^text\/event-stream\b/i.test(String(fields['content-type'] ?? '').trim())
}
