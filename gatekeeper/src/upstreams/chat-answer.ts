/**
 * The error texts of an upstream are about itself: its addresses, its exceptions, its providers.
 * Clients of the domain chat get the status, a fixed text and the request id instead. An answer in
 * an unexpected form (a page, other JSON, broken events) is never forwarded.
 */

import type { ByteTransform } from '../lib/byte-transform.ts'
import { isObject } from '../lib/json/is-object.ts'
import { parseJson } from '../lib/json/parse-json.ts'
import { reasonRow } from '../model/reason.ts'
import { dataOf, EventFilter } from './event-filter.ts'
import type { HeldTransform } from './held-transform.ts'
import type { AnswerFields } from './response-fields.ts'
import { UnreadableAnswer } from './unreadable-answer.ts'

const fixedText = 'The model service refused the request, or failed.'

/** Replaces an answer that is an error; it reads the upstream's answer and keeps nothing. */
function createFixedAnswer(requestId: string, fields: AnswerFields): HeldTransform {
  const after = String(fields['retry-after'] ?? '')
  return {
    isHeld: true,
    fields: {
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      ...(isRetryAfter(after) && { 'retry-after': after }),
    },
    push: () => null,
    end: () => Buffer.from(JSON.stringify(fixedError(requestId))),
  }
}

/** Seconds or a date (RFC 9110 §10.2.3). */
const isRetryAfter = (text: string) =>
  /^(?:\d{1,6}|[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT)$/.test(text)

const fixedError = (requestId: string) => ({
  error: 'upstream_error',
  error_description: fixedText,
  request_id: requestId,
})

type Begun = {
  readonly status: number
  readonly fields: AnswerFields
  /** Whether the client requested a stream. */
  readonly isStream: boolean
}

/**
 * Returns the transform of a chat answer: an error gets the fixed text, and a success is forwarded
 * only if it has the requested form.
 */
export function createChatAnswer(
  requestId: string,
  { status, fields, isStream }: Begun,
): HeldTransform {
  if (status >= 400) return createFixedAnswer(requestId, fields)
  if (status !== 200) return refused
  const type = String(fields['content-type'] ?? '').trim()
  if (isStream) return /^text\/event-stream\b/i.test(type) ? createChatEvents(requestId) : refused
  return /^application\/(?:[\w.+-]+\+)?json\b/i.test(type) ? createWholeChat() : refused
}

function refuse(): never {
  throw new UnreadableAnswer()
}

/** Nothing of an answer of another type is used. */
const refused: HeldTransform = { isHeld: true, push: refuse, end: refuse }

/** Longer than any answer in words. */
const answerBytesMax = 8 * 1024 * 1024

/**
 * Holds a whole answer, and forwards it if it is a JSON object with choices and without an error.
 */
function createWholeChat(): HeldTransform {
  const chunks: Buffer[] = []
  let length = 0
  return {
    isHeld: true,
    push: (chunk) => {
      length += chunk.length
      if (length > answerBytesMax) refuse()
      chunks.push(chunk)
      return null
    },
    end: () => {
      const bytes = Buffer.concat(chunks, length)
      const value = parseJson(decode(bytes) ?? '')
      return isObject(value) && isAnswer(value) ? bytes : refuse()
    },
  }
}

function decode(bytes: Buffer): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return null
  }
}

const isAnswer = ({ choices, error = null }: Readonly<Record<string, unknown>>) =>
  Array.isArray(choices) && error === null

/** Longer than any event in words; an event is held until it is complete. */
const eventBytesMax = 1024 * 1024

/**
 * Forwards events with choices unchanged and replaces others by the fixed text. An invalid event
 * ends the stream: the client gets an error event and a broken end. The answer's head waits for the
 * first event, so that a stream that begins this way is 502.
 */
function createChatEvents(requestId: string): HeldTransform {
  let isBroken = false
  const filter = new EventFilter(
    (event) => {
      if (isBroken) return null
      const judged = judge(event)
      if (judged === 'good') return plain(event)
      isBroken = judged === 'unreadable'
      return toEvent(isBroken ? unreadableError(requestId) : fixedError(requestId))
    },
    { bytesMax: eventBytesMax, isHolding: true },
  )
  const passed = (bytes: Buffer | null) => {
    if (isBroken) throw new UnreadableAnswer(bytes)
    return bytes
  }
  return {
    isHeld: true,
    push: (chunk) => passed(filter.push(chunk)),
    end: () => passed(filter.end()),
  }
}

const toEvent = (error: object) => Buffer.from(`data: ${JSON.stringify({ error })}\n\n`)

const unreadableError = (requestId: string) => ({
  error: reasonRow('upstream-unreadable').code,
  error_description: reasonRow('upstream-unreadable').text,
  request_id: requestId,
})

/** A line of an event: a comment, or one of the fields that events have. */
const eventLine = /^(?::|(?:data|event|id|retry)(?::|$))/

function judge(event: Buffer): 'good' | 'error' | 'unreadable' {
  const text = decode(event)
  // Some clients end a line at a CR alone.
  if (text === null || /\r(?!\n)/.test(text) || event.length > eventBytesMax) return 'unreadable'
  if (!linesOf(text).every((line) => eventLine.test(line))) return 'unreadable'
  const data = dataOf(event)?.trim()
  if (data === undefined || data === '[DONE]') return 'good'
  const value = parseJson(data)
  if (!isObject(value)) return 'unreadable'
  return isAnswer(value) ? 'good' : 'error'
}

const linesOf = (text: string) => text.split(/\r?\n/).filter((line) => line !== '')

const ping = Buffer.from(': ping\n\n')

/**
 * Returns the data of a valid event and nothing else: comments and event names are the upstream's
 * text.
 */
function plain(event: Buffer): Buffer {
  const lines = linesOf(event.toString('utf8'))
  const data = lines.filter((line) => line.startsWith('data:'))
  if (data.length === lines.length) return event
  return data.length === 0 ? ping : Buffer.from(`${data.join('\n')}\n\n`)
}

/** Chains both; bytes that the second holds back stay held back. */
export function chain(first: ByteTransform, second: HeldTransform): HeldTransform {
  return Object.assign({ isHeld: true } as const, chainBytes(first, second))
}

/** Passes what the first returns through the second. */
export function chainBytes(first: ByteTransform, second: ByteTransform): ByteTransform {
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
