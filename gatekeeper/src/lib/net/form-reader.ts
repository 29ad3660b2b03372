/**
 * Reads multipart/form-data (RFC 7578) as it arrives, in constant memory. Strict: input that two
 * parsers could read differently is refused and never repaired. No preamble, no epilogue, no folded
 * lines, no bare line ends, no nesting, no header field except the three that a form needs.
 */
import { isUtf8 } from 'node:buffer'
import { type PartHead, readPartHead } from './form-part-head.ts'

/** Why a form is refused. */
export type FormDefect = 'malformed' | 'too-large'

export type FormBounds = {
  readonly partsMax: number
  /** Of the head of one part. */
  readonly headBytesMax: number
  /** Of the whole form. */
  readonly bytesMax: number
}

/** Receives the parts of a form in order. The first reason that is returned ends the reading. */
export type FormSink<Reason> = {
  readonly part: (head: PartHead) => Reason | null
  readonly data: (chunk: Buffer) => Reason | null
  readonly partEnd: () => Reason | null
}

type Place = 'start' | 'delimiter' | 'head' | 'data' | 'closed'

const headEnd = Buffer.from('\r\n\r\n')
const nothing = Buffer.alloc(0)

export class FormReader<Reason> {
  readonly #delimiter: Buffer
  readonly #bounds: FormBounds
  readonly #sink: FormSink<Reason>
  #place: Place = 'start'
  #held: Buffer = nothing
  #parts = 0
  #bytes = 0

  constructor(boundary: string, bounds: FormBounds, sink: FormSink<Reason>) {
    this.#delimiter = Buffer.from(`\r\n--${boundary}`, 'latin1')
    this.#bounds = bounds
    this.#sink = sink
  }

  /** Reads the next chunk. Returns null if there is nothing to object to. */
  push(chunk: Buffer): FormDefect | Reason | null {
    this.#bytes += chunk.length
    if (this.#bytes > this.#bounds.bytesMax) return 'too-large'
    this.#held = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk])
    for (;;) {
      const before = this.#held.length
      const place = this.#place
      const refused = this.#advance()
      if (refused !== null) return refused
      if (this.#held.length === before && this.#place === place) return null
    }
  }

  /** Ends the input. */
  end(): FormDefect | null {
    return this.#place === 'closed' && this.#held.length === 0 ? null : 'malformed'
  }

  #advance(): FormDefect | Reason | null {
    switch (this.#place) {
      case 'start':
        return this.#readStart()
      case 'delimiter':
        return this.#readDelimiter()
      case 'head':
        return this.#readHead()
      case 'data':
        return this.#readData()
      case 'closed':
        return this.#readEpilogue()
    }
  }

  /** The first delimiter is at the very beginning, without the line end before it. */
  #readStart(): FormDefect | null {
    const first = this.#delimiter.subarray(2)
    const length = Math.min(first.length, this.#held.length)
    if (!this.#held.subarray(0, length).equals(first.subarray(0, length))) return 'malformed'
    if (length === first.length) this.#take(length, 'delimiter')
    return null
  }

  /**
   * After a delimiter there is a line end or the end of the form. A longer line is another
   * boundary.
   */
  #readDelimiter(): FormDefect | null {
    if (this.#held.length < 2) return null
    const mark = this.#held.toString('latin1', 0, 2)
    if (mark === '\r\n') {
      this.#parts++
      if (this.#parts > this.#bounds.partsMax) return 'too-large'
      this.#take(2, 'head')
      return null
    }
    // A form without parts is useless.
    if (mark !== '--' || this.#parts === 0) return 'malformed'
    this.#take(2, 'closed')
    return null
  }

  #readHead(): FormDefect | Reason | null {
    const end = this.#held.indexOf(headEnd)
    if ((end === -1 ? this.#held.length : end) > this.#bounds.headBytesMax) return 'too-large'
    if (end === -1) return null
    const bytes = this.#held.subarray(0, end)
    const head = isUtf8(bytes) ? readPartHead(bytes.toString('utf8')) : null
    if (head === null) return 'malformed'
    // The line end before the delimiter of an empty part is also the end of its head.
    this.#take(end + headEnd.length, 'data')
    return this.#sink.part(head)
  }

  #readData(): FormDefect | Reason | null {
    const found = this.#held.indexOf(this.#delimiter)
    // A possible beginning of a delimiter waits for the next bytes.
    const end = found === -1 ? this.#held.length - this.#delimiter.length + 1 : found
    if (end > 0) {
      const refused = this.#sink.data(this.#held.subarray(0, end))
      if (refused !== null) return refused
      this.#take(end, 'data')
    }
    if (found === -1) return null
    this.#take(this.#delimiter.length, 'delimiter')
    return this.#sink.partEnd()
  }

  /**
   * One line end may follow the last delimiter; some parsers would read more as a second message.
   */
  #readEpilogue(): FormDefect | null {
    const rest = this.#held.toString('latin1', 0, 3)
    return '\r\n'.startsWith(rest) ? this.#endEpilogue(rest) : 'malformed'
  }

  #endEpilogue(rest: string): null {
    if (rest === '\r\n') this.#held = nothing
    return null
  }

  #take(bytes: number, place: Place): void {
    this.#held = this.#held.subarray(bytes)
    this.#place = place
  }
}
