import type { ByteTransform } from '../lib/byte-transform.ts'
import { parseJson } from '../lib/json/parse-json.ts'

/** A longer event is not held back: it passes as it is, unless `isHolding` says otherwise. */
const eventBytesMax = 64 * 1024

/** How events are held until they are whole. */
type Holding = {
  readonly bytesMax: number
  /** Whether an event that is too long is shown to `change` as far as it has come, and goes no further. */
  readonly isHolding: boolean
}
const [lineFeed, carriageReturn] = [0x0a, 0x0d]

/**
 * Shows every event of a stream (`text/event-stream`) to `change`, which gives what stands in its
 * place, or null for nothing. Bytes pass as they came otherwise.
 */
export function createEventFilter(
  change: (event: Buffer) => Buffer | null,
  { bytesMax, isHolding }: Holding = { bytesMax: eventBytesMax, isHolding: false },
): ByteTransform {
  let held: Buffer[] = []
  let heldBytes = 0
  let isLineEmpty = true
  let isTooLong = false

  /** Whether this byte is the last of an event. Lines end in LF or CRLF, as servers write them. */
  const endsEvent = (byte: number): boolean => {
    if (byte !== lineFeed) {
      if (byte !== carriageReturn) isLineEmpty = false
      return false
    }
    const isEnd = isLineEmpty
    isLineEmpty = true
    return isEnd
  }
  const giveHeld = (out: Buffer[]) => {
    out.push(...held)
    held = []
    heldBytes = 0
  }
  const take = (part: Buffer, out: Buffer[]) => {
    if (isTooLong) return void out.push(part)
    held.push(part)
    heldBytes += part.length
    if (heldBytes <= bytesMax) return
    if (isHolding) return endEvent(out)
    isTooLong = true
    giveHeld(out)
  }
  const endEvent = (out: Buffer[]) => {
    if (heldBytes > 0 && !isTooLong) {
      const changed = change(held.length === 1 ? (held[0] as Buffer) : Buffer.concat(held))
      held = changed === null ? [] : [changed]
    }
    giveHeld(out)
    isTooLong = false
  }

  return {
    push: (chunk) => {
      const out: Buffer[] = []
      let from = 0
      for (let at = 0; at < chunk.length; at++) {
        if (!endsEvent(chunk[at] as number)) continue
        take(chunk.subarray(from, at + 1), out)
        endEvent(out)
        from = at + 1
      }
      if (from < chunk.length) take(chunk.subarray(from), out)
      return join(out)
    },
    end: () => {
      const out: Buffer[] = []
      endEvent(out)
      return join(out)
    },
  }
}

function join(parts: readonly Buffer[]): Buffer | null {
  if (parts.length === 0) return null
  return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts)
}

/** The data of an event; null where it has none, as a comment. */
export function dataOf(event: Buffer): string | null {
  const lines = event.toString('utf8').split(/\r?\n/)
  const data = lines.filter((line) => line.startsWith('data:')).map((line) => line.slice(5))
  return data.length === 0 ? null : data.join('\n')
}

/** The data of an event, read as a JSON object; null where it is none. */
export function readEvent(event: Buffer): Readonly<Record<string, unknown>> | null {
  const value = parseJson(dataOf(event) ?? '')
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null
}
