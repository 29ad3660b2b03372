/**
 * Separates the JSON values of an answer: one whole value, lines (NDJSON), or the data of
 * server-sent events (WHATWG HTML §9.2.6). All of them in constant memory, with any chunk
 * boundaries.
 */
import type { JsonWatch } from './json-watch.ts'

export type Framing = 'json' | 'ndjson' | 'sse'

const framings: Readonly<Record<string, Framing>> = {
  'application/json': 'json',
  'application/x-ndjson': 'ndjson',
  'application/ndjson': 'ndjson',
  'application/jsonl': 'ndjson',
  'text/event-stream': 'sse',
}

type AnswerFields = Readonly<Record<string, string | string[] | undefined>>

/** Returns the framing of an answer by its fields; null if it is not JSON, or is compressed. */
export function framingOf(fields: AnswerFields): Framing | null {
  // Upstreams are asked for uncompressed answers; a compressed one is not read.
  const coding = String(fields['content-encoding'] ?? 'identity')
  if (coding.trim().toLowerCase() !== 'identity') return null
  const type = String(fields['content-type'] ?? '').split(';', 1)[0] ?? ''
  const name = type.trim().toLowerCase()
  return Object.hasOwn(framings, name) ? (framings[name] ?? null) : null
}

/** Returns a function that passes the JSON in chunks of such an answer to the watch. */
export function createFraming(framing: Framing, watch: JsonWatch): (chunk: Uint8Array) => void {
  if (framing === 'ndjson') return readLines(watch)
  return framing === 'sse' ? readEvents(watch) : (chunk) => watch.read(chunk, 0, chunk.length)
}

const [lineFeed, carriageReturn] = [0x0a, 0x0d]

/** A line that is not JSON does not affect the others. */
function readLines(watch: JsonWatch): (chunk: Uint8Array) => void {
  return (chunk) => {
    let from = 0
    for (;;) {
      const to = chunk.indexOf(lineFeed, from)
      watch.read(chunk, from, to === -1 ? chunk.length : to)
      if (to === -1) return
      watch.reset()
      from = to + 1
    }
  }
}

const dataName = Buffer.from('data:')
const otherLine = -1

function readEvents(watch: JsonWatch): (chunk: Uint8Array) => void {
  /** How much of `data:` the line has so far, or `otherLine`. */
  let matched = 0
  let isEmpty = true
  let isAfterReturn = false

  const endLine = (byte: number) => {
    const isSecondHalf = byte === lineFeed && isAfterReturn
    isAfterReturn = byte === carriageReturn
    if (isSecondHalf) return
    // An empty line ends the event, including an incomplete value.
    if (isEmpty) watch.reset()
    matched = 0
    isEmpty = true
  }
  /** Reads from a byte of a line, and returns where it stopped. */
  const readLine = (chunk: Uint8Array, at: number): number => {
    isAfterReturn = isEmpty = false
    if (matched >= 0 && matched < dataName.length) {
      matched = chunk[at] === dataName[matched] ? matched + 1 : otherLine
      return at + 1
    }
    const end = findLineEnd(chunk, at)
    if (matched === dataName.length) watch.read(chunk, at, end)
    return end
  }
  return (chunk) => {
    let at = 0
    while (at < chunk.length) {
      const byte = chunk[at] as number
      if (byte === lineFeed || byte === carriageReturn) {
        endLine(byte)
        at++
      } else at = readLine(chunk, at)
    }
  }
}

function findLineEnd(chunk: Uint8Array, from: number): number {
  let at = from
  while (at < chunk.length && chunk[at] !== lineFeed && chunk[at] !== carriageReturn) at++
  return at
}
