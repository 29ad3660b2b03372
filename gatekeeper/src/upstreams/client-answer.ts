/**
 * The client's side of an answer. Its head goes out with its first content, or alone where that is
 * late. Its end is kept back until `end`: whoever has an answer whole must find it in the books after
 * any crash. The end is the rest of a declared length, or the event by which readers of a stream know
 * that it is over; where there is neither, it is the end of the message itself.
 */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'

export type AnswerHead = {
  readonly status: number
  readonly fields: OutgoingHttpHeaders
  /** Bytes of content; Infinity where nobody knows. */
  readonly bytes: number
  /** Whether the head may go out before there is content. */
  readonly isEager: boolean
}

export type ClientAnswer = {
  readonly begin: (head: AnswerHead) => void
  /** Passes content on; false where the client takes no more for now. */
  readonly pass: (chunk: Buffer, isLast: boolean) => boolean
  /** Passes on what was kept back, and keeps nothing back any more. */
  readonly letGo: () => void
  readonly end: (trailers: Readonly<Record<string, string>> | null) => void
  /** Breaks the answer off, after `lastWords`, where something of it is out; false where nothing is. */
  readonly cut: (lastWords?: Buffer | null) => boolean
  /** Status of what is out; null where nothing is. */
  readonly status: () => number | null
  /** Bytes of content that were passed on, or are kept back to be. */
  readonly bytes: () => number
}

/** Beyond this nothing is kept back: what follows the last event of a stream may be anything. */
const heldBytesMax = 64 * 1024

/** How long a client has to take the last words of an answer that breaks off. */
const lastWordsMsMax = 2_000

/** A destroyed response loses what it still holds: it is destroyed when the bytes have left. */
function destroyAfter(response: ServerResponse, lastWords: Buffer): void {
  const timer = setTimeout(() => response.destroy(), lastWordsMsMax)
  response.once('close', () => clearTimeout(timer))
  response.write(lastWords, () => response.destroy())
}

export function createClientAnswer(response: ServerResponse): ClientAnswer {
  let head: AnswerHead | null = null
  let bytes = 0
  let held: Buffer[] = []
  let isHolding = true
  let isOver = false

  const sendHead = () => {
    if (head !== null && !response.headersSent) response.writeHead(head.status, head.fields)
  }
  // undici tells of all that came in one read before the next tick: what came with its head goes
  // out with it in one write, and a head whose first event is late does not wait for that.
  const flushHead = () => {
    if (isOver || bytes > 0 || response.headersSent) return
    try {
      sendHead()
      response.flushHeaders()
    } catch {
      // Fields that Node does not send. Nobody above could catch it in a turn of its own.
      response.destroy()
    }
  }
  const write = (chunk: Buffer): boolean => {
    sendHead()
    return response.write(chunk)
  }
  const letGo = () => {
    isHolding = false
    for (const chunk of held) write(chunk)
    held = []
  }
  const hold = (chunk: Buffer): boolean => {
    if (!isHolding) return false
    const heldBytes = held.reduce((sum, { length }) => sum + length, 0)
    if (heldBytes > 0 && heldBytes + chunk.length > heldBytesMax) return false
    held.push(chunk)
    return true
  }

  return {
    begin: (begun) => {
      head = begun
      if (head.isEager && head.bytes > 0) process.nextTick(flushHead)
    },
    pass: (chunk, isLast) => {
      bytes += chunk.length
      const isEnd = isLast || bytes >= (head?.bytes ?? Number.POSITIVE_INFINITY)
      if (isEnd && hold(chunk)) return true
      if (held.length > 0) letGo()
      return write(chunk)
    },
    letGo,
    end: (trailers) => {
      isOver = true
      sendHead()
      if (trailers !== null) response.addTrailers(trailers)
      response.end(held.length > 1 ? Buffer.concat(held) : held[0])
    },
    cut: (lastWords = null) => {
      isOver = true
      if (!response.headersSent) return false
      if (lastWords === null || response.destroyed) response.destroy()
      else destroyAfter(response, lastWords)
      return true
    },
    status: () => (response.headersSent ? response.statusCode : null),
    bytes: () => bytes,
  }
}
