import type { ByteTransform } from '../lib/byte-transform.ts'
import { parseJson } from '../lib/json/parse-json.ts'

/** A longer event passes unchanged, unless `isHolding` says otherwise. */
const eventBytesMax = 64 * 1024

/** How events are held until they are complete. */
type Holding = {
  readonly bytesMax: number
  /**
   * Whether an oversized event is shown to `change` as far as it arrived, and nothing of it is
   * forwarded.
   */
  readonly isHolding: boolean
}

const usualHolding: Holding = { bytesMax: eventBytesMax, isHolding: false }
const [lineFeed, carriageReturn] = [0x0a, 0x0d]

/**
 * Shows every event of a stream (`text/event-stream`) to `change`, which returns what takes its place,
 * or null for nothing. All other bytes pass unchanged.
 */
export class EventFilter implements ByteTransform {
  readonly #change: (event: Buffer) => Buffer | null
  readonly #holding: Holding
  #held: Buffer[] = []
  #heldBytes = 0
  #isLineEmpty = true
  #isTooLong = false

  constructor(change: (event: Buffer) => Buffer | null, holding: Holding = usualHolding) {
    this.#change = change
    this.#holding = holding
  }

  push(chunk: Buffer): Buffer | null {
    const out: Buffer[] = []
    let from = 0
    for (let at = 0; at < chunk.length; at++) {
      if (!this.#endsEvent(chunk[at] as number)) continue
      this.#take(chunk.subarray(from, at + 1), out)
      this.#endEvent(out)
      from = at + 1
    }
    if (from < chunk.length) this.#take(chunk.subarray(from), out)
    return join(out)
  }

  end(): Buffer | null {
    const out: Buffer[] = []
    this.#endEvent(out)
    return join(out)
  }

  /** Returns whether this byte is the last of an event. Servers end lines with LF or CRLF. */
  #endsEvent(byte: number): boolean {
    if (byte !== lineFeed) {
      if (byte !== carriageReturn) this.#isLineEmpty = false
      return false
    }
    const isEnd = this.#isLineEmpty
    this.#isLineEmpty = true
    return isEnd
  }

  #take(part: Buffer, out: Buffer[]): void {
    if (this.#isTooLong) {
      out.push(part)
      return
    }
    this.#held.push(part)
    this.#heldBytes += part.length
    if (this.#heldBytes <= this.#holding.bytesMax) return
    if (this.#holding.isHolding) this.#endEvent(out)
    else {
      this.#isTooLong = true
      this.#giveHeld(out)
    }
  }

  #endEvent(out: Buffer[]): void {
    if (this.#heldBytes > 0 && !this.#isTooLong) {
      const [first] = this.#held as [Buffer]
      const changed = this.#change(this.#held.length === 1 ? first : Buffer.concat(this.#held))
      this.#held = changed === null ? [] : [changed]
    }
    this.#giveHeld(out)
    this.#isTooLong = false
  }

  #giveHeld(out: Buffer[]): void {
    out.push(...this.#held)
    this.#held = []
    this.#heldBytes = 0
  }
}

function join(parts: readonly Buffer[]): Buffer | null {
  if (parts.length === 0) return null
  return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts)
}

/** Returns the data of an event, or null if it has none, such as a comment. */
export function dataOf(event: Buffer): string | null {
  const lines = event.toString('utf8').split(/\r?\n/)
  const data = lines.filter((line) => line.startsWith('data:')).map((line) => line.slice(5))
  return data.length === 0 ? null : data.join('\n')
}

/** Returns the data of an event as a JSON object, or null if it is not one. */
export function readEvent(event: Buffer): Readonly<Record<string, unknown>> | null {
  const value = parseJson(dataOf(event) ?? '')
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null
}
