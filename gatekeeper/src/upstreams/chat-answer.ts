/**
 * What an upstream says when it fails is about itself: its addresses, its exceptions, its providers.
 * Clients of the domain chat get the status, a fixed text and the request id instead.
 */
import type { ByteTransform } from '../lib/byte-transform.ts'
import type { AnswerFields, HeldTransform } from './change-answer.ts'
import { createEventFilter, dataOf, readEvent } from './event-filter.ts'

const fixedText = 'The model service refused the request, or failed.'

/** Takes the place of an answer that is no success; it reads the upstream's and keeps nothing. */
export function createFixedAnswer(requestId: string, fields: AnswerFields): HeldTransform {
  const after = String(fields['retry-after'] ?? '')
  return {
    isHeld: true,
    fields: {
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      ...(/^\d{1,6}$/.test(after) && { 'retry-after': after }),
    },
    push: () => null,
    end: () => Buffer.from(JSON.stringify(fixedError(requestId))),
  }
}

const fixedError = (requestId: string) => ({
  error: 'upstream_error',
  error_description: fixedText,
  request_id: requestId,
})

/** Puts the fixed text in the place of errors that come within a stream. */
export function createErrorEventFilter(requestId: string): ByteTransform {
  return createEventFilter((event) => {
    if (!event.includes('"error"') && event.includes('"choices"')) return event
    const data = dataOf(event)?.trim()
    if (data === undefined || data === '[DONE]') return event
    const { choices, error = null } = readEvent(event) ?? {}
    if (Array.isArray(choices) && error === null) return event
    return Buffer.from(`data: ${JSON.stringify({ error: fixedError(requestId) })}\n\n`)
  })
}

/** Both, one after the other. */
export function chain(first: ByteTransform, second: ByteTransform): ByteTransform {
  const both = (one: Buffer | null, other: Buffer | null) =>
    one !== null && other !== null ? Buffer.concat([one, other]) : (one ?? other)
  return {
    push: (chunk) => {
      const passed = first.push(chunk)
      return passed === null ? null : second.push(passed)
    },
    end: () => {
      const rest = first.end()
      return both(rest === null ? null : second.push(rest), second.end())
    },
  }
}
