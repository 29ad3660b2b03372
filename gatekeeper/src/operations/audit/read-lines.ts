import { createReadStream } from 'node:fs'

/** Longer than any record: a longer run without a line break is not a record. */
const lineBytesMax = 1024 * 1024
const lineBreak = 0x0a

export type RawLine = {
  /** From 1 on. */
  readonly number: number
  /** Without its line break. */
  readonly bytes: Buffer
  /** Whether it has a line break: a complete file ends with one. */
  readonly isWhole: boolean
}

/**
 * Yields the lines of a file of any size, several at a time. `from` is a byte at which a line
 * begins. Throws as `node:fs` does.
 */
export async function* readLines(path: string, from = 0): AsyncGenerator<readonly RawLine[]> {
  let rest: Buffer = Buffer.alloc(0)
  let number = 0
  const toLine = (bytes: Buffer, isWhole: boolean) => ({ number: ++number, bytes, isWhole })
  const stream = createReadStream(path, { start: from, highWaterMark: 262_144 })
  // The loop rethrows the error; after the loop ends there is no other listener.
  stream.on('error', () => {})
  for await (const chunk of stream) {
    const bytes = rest.length === 0 ? (chunk as Buffer) : Buffer.concat([rest, chunk as Buffer])
    const lines: RawLine[] = []
    let begin = 0
    for (let end = bytes.indexOf(lineBreak); end !== -1; end = bytes.indexOf(lineBreak, begin)) {
      lines.push(toLine(bytes.subarray(begin, end), true))
      begin = end + 1
    }
    rest = bytes.subarray(begin)
    if (rest.length > lineBytesMax) {
      lines.push(toLine(rest, true))
      rest = Buffer.alloc(0)
    }
    if (lines.length > 0) yield lines
  }
  if (rest.length > 0) yield [toLine(rest, false)]
}
