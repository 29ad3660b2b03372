/** An answer of the demonstration, before it is sent: whole, or in parts with pauses between. */
export type Answer = WholeAnswer | StreamedAnswer
export type WholeAnswer = {
  readonly kind: 'whole'
  readonly status: number
  readonly type: string
  readonly text: string
}
export type StreamedAnswer = {
  readonly kind: 'streamed'
  readonly type: string
  readonly parts: Iterable<string>
}

/** The request's JSON body, or an empty object. */
export type Question = { readonly [member: string]: unknown }

export function answerJson(value: unknown, status = 200): WholeAnswer {
  return {
    kind: 'whole',
    status,
    type: 'application/json; charset=utf-8',
    text: JSON.stringify(value),
  }
}

export function answerText(text: string, status = 200): WholeAnswer {
  return { kind: 'whole', status, type: 'text/plain; charset=utf-8', text }
}

/** One line for each value, as Ollama streams. */
export function answerLines(values: Iterable<unknown>): StreamedAnswer {
  return { kind: 'streamed', type: 'application/x-ndjson', parts: mapParts(values, toLine) }
}

/** Server-sent events, already written out. */
export function answerEvents(events: Iterable<string>): StreamedAnswer {
  return { kind: 'streamed', type: 'text/event-stream', parts: events }
}

/** An event whose data is `value`; `name` where the dialect names its events. */
export function toEvent(value: unknown, name?: string): string {
  const data = `data: ${typeof value === 'string' ? value : JSON.stringify(value)}\n\n`
  return name === undefined ? data : `event: ${name}\n${data}`
}

function toLine(value: unknown): string {
  return `${JSON.stringify(value)}\n`
}

function* mapParts(values: Iterable<unknown>, change: (value: unknown) => string) {
  for (const value of values) yield change(value)
}
