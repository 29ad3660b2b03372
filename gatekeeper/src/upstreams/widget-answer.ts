/**
 * The one form of an answer of the chat widget, whatever service is behind it: `{content, usage}`, or
 * the events start, chunk, done and error. Nothing else of an upstream's answer is forwarded, and of
 * its errors only what they mean.
 */
import { performance } from 'node:perf_hooks'
import type { ChatForm } from '../kinds/widget/forms/chat-form.ts'
import { chatForms } from '../kinds/widget/widget.ts'
import { isObject } from '../lib/json/is-object.ts'
import { parseJson } from '../lib/json/parse-json.ts'
import type { Admission } from '../model/admission.ts'
import type { AnswerReader } from '../model/answer-reader.ts'
import { RefusedError } from '../model/refused-error.ts'
import { describeWidgetUsage, type WidgetUsage } from '../model/widget-usage.ts'
import { dataOf, EventFilter } from './event-filter.ts'
import type { HeldTransform } from './held-transform.ts'
import type { AnswerFields } from './response-fields.ts'
import { UnreadableAnswer } from './unreadable-answer.ts'
import { createWidgetRefusal } from './widget-refusal.ts'

type Sent = {
  readonly isStream: boolean
  readonly model: string | null
  /** Knows what the answer used; null if nothing is counted. */
  readonly reader: AnswerReader | null
}

/** Returns what makes the transform of an answer, once its head is there. */
export function createWidgetAnswer(
  admission: Admission,
  sent: Sent,
): (status: number, fields: AnswerFields) => HeldTransform {
  const startedAt = performance.now()
  const rules = admission.facts.service?.widget
  const form = chatForms[rules?.form ?? 'openai']
  const usage = () => usageOf(admission, sent)
  return (status, fields) => {
    if (status >= 400) return createWidgetRefusal(status, fields)
    const type = String(fields['content-type'] ?? '').trim()
    const isEvents = /^text\/event-stream\b/i.test(type)
    if (status !== 200 || isEvents !== sent.isStream) return refused
    const durationMs = () => Math.round(performance.now() - startedAt)
    return sent.isStream
      ? createEvents({ form, usage, durationMs, model: sent.model })
      : createWhole(form, usage)
  }
}

/** Returns what the answer used, and how the visitor's limits stand with that. */
function usageOf({ reservation }: Admission, { reader }: Sent): WidgetUsage {
  const used = reader?.used({ status: 200, kind: 'answered', answerBytes: 0 }) ?? null
  const tokens = used === null ? 0 : used.inputTokens + used.outputTokens
  const charge = used === null ? null : { tokens, microUsd: used.microUsd }
  return describeWidgetUsage(tokens, reservation.standings(charge))
}

function refuse(): never {
  throw new UnreadableAnswer()
}

const refused: HeldTransform = { isHeld: true, push: refuse, end: refuse }

const jsonFields = {
  'content-type': 'application/json; charset=utf-8',
  'cache-control': 'no-store',
}

/** Longer than any answer in words. */
const answerBytesMax = 8 * 1024 * 1024

function createWhole(form: ChatForm, usage: () => WidgetUsage): HeldTransform {
  const chunks: Buffer[] = []
  let length = 0
  return {
    isHeld: true,
    fields: jsonFields,
    push: (chunk) => {
      length += chunk.length
      if (length > answerBytesMax) refuse()
      chunks.push(chunk)
      return null
    },
    end: () => {
      const value = parseJson(Buffer.concat(chunks, length).toString('utf8'))
      const content = isObject(value) ? form.readWhole(value) : null
      if (content === null) refuse()
      return Buffer.from(JSON.stringify({ content, usage: usage() }))
    },
  }
}

const eventFields = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
}

/** Longer than any event in words; an event is held until it is complete. */
const eventBytesMax = 1024 * 1024

/** One event for pages. */
export function toWidgetEvent(name: 'start' | 'chunk' | 'done' | 'error', data: object): Buffer {
  return Buffer.from(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`)
}

type Streaming = {
  readonly form: ChatForm
  readonly usage: () => WidgetUsage
  readonly durationMs: () => number
  readonly model: string | null
}

/**
 * The answer's head waits for the first text, so that a stream that begins with an error is 502; after
 * that an error is an event, and the stream ends there.
 */
function createEvents({ form, usage, durationMs, model }: Streaming): HeldTransform {
  const state = { hasBegun: false, isOver: false }
  const begin = (): Buffer[] => {
    if (state.hasBegun) return []
    state.hasBegun = true
    return [toWidgetEvent('start', { model })]
  }
  const finish = (): Buffer => {
    const parts = [...begin(), toWidgetEvent('done', { usage: usage(), duration: durationMs() })]
    state.isOver = true
    return Buffer.concat(parts)
  }
  const filter = new EventFilter(
    (event) => {
      const data = dataOf(event)
      if (state.isOver || data === null) return null
      const told = event.length > eventBytesMax ? 'unreadable' : form.readEvent(data)
      if (told === 'error') throw new RefusedError('upstream-failed')
      if (told === 'unreadable') return refuse()
      if (told === 'end') return finish()
      if (told === null) return null
      return Buffer.concat([...begin(), toWidgetEvent('chunk', { content: told.text })])
    },
    { bytesMax: eventBytesMax, isHolding: true },
  )
  return {
    isHeld: true,
    fields: eventFields,
    push: (chunk) => filter.push(chunk),
    end: () => {
      const rest = filter.end()
      // A stream that only stops is not a complete answer.
      return state.isOver ? rest : refuse()
    },
  }
}
