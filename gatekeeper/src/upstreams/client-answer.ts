/**
 * Sends an answer to the client. Its head goes out with its first content, or alone if that is late.
 * Its end is kept back until `end`, so that an answer that a client has whole is in the journal after
 * any crash. The end is the rest of a declared length, or the event by which readers of a stream know
 * that it is over; without either, it is the end of the message itself.
 */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'

export type AnswerHead = {
  readonly status: number
  readonly fields: OutgoingHttpHeaders
  /** Bytes of content; Infinity if unknown. */
  readonly bytes: number
  /** Whether the head may go out before there is content. */
  readonly isEager: boolean
}

/** Beyond this nothing is held back: anything may follow the last event of a stream. */
const heldBytesMax = 64 * 1024

/** How long a client has to read the last bytes of a broken answer. */
const finalBytesMsMax = 2_000

/** A destroyed response loses its buffer, so it is destroyed after the bytes were sent. */
function destroyAfter(response: ServerResponse, finalBytes: Buffer): void {
  const timer = setTimeout(() => response.destroy(), finalBytesMsMax)
  response.once('close', () => clearTimeout(timer))
  response.write(finalBytes, () => response.destroy())
}

export class ClientAnswer {
  readonly #response: ServerResponse
  #head: AnswerHead | null = null
  #bytes = 0
  #held: Buffer[] = []
  #isHolding = true
  #isOver = false

  constructor(response: ServerResponse) {
    this.#response = response
  }

  begin(head: AnswerHead): void {
    this.#head = head
    if (head.isEager && head.bytes > 0) process.nextTick(() => this.#flushHead())
  }

  /** Forwards content; returns false if the client accepts no more for now. */
  pass(chunk: Buffer, isLast: boolean): boolean {
    this.#bytes += chunk.length
    const isEnd = isLast || this.#bytes >= (this.#head?.bytes ?? Number.POSITIVE_INFINITY)
    if (isEnd && this.#hold(chunk)) return true
    if (this.#held.length > 0) this.letGo()
    return this.#write(chunk)
  }

  /** Sends what was held back, and holds nothing back from now on. */
  letGo(): void {
    this.#isHolding = false
    for (const chunk of this.#held) this.#write(chunk)
    this.#held = []
  }

  end(trailers: Readonly<Record<string, string>> | null): void {
    this.#isOver = true
    this.#sendHead()
    if (trailers !== null) this.#response.addTrailers(trailers)
    this.#response.end(this.#held.length > 1 ? Buffer.concat(this.#held) : this.#held[0])
  }

  /** Breaks the answer off after `finalBytes`; returns false if nothing of it has been sent. */
  cut(finalBytes: Buffer | null = null): boolean {
    this.#isOver = true
    const response = this.#response
    if (!response.headersSent) return false
    if (finalBytes === null || response.destroyed) response.destroy()
    else destroyAfter(response, finalBytes)
    return true
  }

  /** Returns the status that was sent, or null. */
  status(): number | null {
    return this.#response.headersSent ? this.#response.statusCode : null
  }

  /** Returns the bytes of content that were passed on, or are kept back to be. */
  bytes(): number {
    return this.#bytes
  }

  #sendHead(): void {
    const head = this.#head
    if (head !== null && !this.#response.headersSent) {
      this.#response.writeHead(head.status, head.fields)
    }
  }

  /**
   * undici delivers everything of one read before the next tick: content that came with its head goes
   * out with it in one write, and a head whose first event is late does not wait for that.
   */
  #flushHead(): void {
    if (this.#isOver || this.#bytes > 0 || this.#response.headersSent) return
    try {
      this.#sendHead()
      this.#response.flushHeaders()
    } catch {
      // Fields that Node rejects. An exception here would have no caller to catch it.
      this.#response.destroy()
    }
  }

  #write(chunk: Buffer): boolean {
    this.#sendHead()
    return this.#response.write(chunk)
  }

  #hold(chunk: Buffer): boolean {
    if (!this.#isHolding) return false
    const heldBytes = this.#held.reduce((sum, { length }) => sum + length, 0)
    if (heldBytes > 0 && heldBytes + chunk.length > heldBytesMax) return false
    this.#held.push(chunk)
    return true
  }
}
