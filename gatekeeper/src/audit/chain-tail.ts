/**
 * Finds the end of a chain's file, reading backwards: files are large, and the start must not wait.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { type ChainHead, hashLine, readRecord } from './chain.ts'
import type { Segment } from './segments.ts'

export type ChainTail = {
  /** The head after the last record; null if the file has none. */
  readonly head: ChainHead | null
  /** Length of the complete lines. */
  readonly wholeBytes: number
  /** The bytes after the last line break: an incomplete line. */
  readonly tornBytes: number
}

const blockBytes = 65_536
const lineBreak = 0x0a

/** Throws as `node:fs` does. */
export function readTail(file: number): ChainTail {
  const { size } = fstatSync(file)
  for (let length = Math.min(size, blockBytes); ; length = Math.min(size, length * 4)) {
    const bytes = readEnd(file, size, length)
    const whole = bytes.lastIndexOf(lineBreak) + 1
    const head = whole === 0 ? null : lastHead(bytes.subarray(0, whole), length === size)
    // A block that begins within the last line, or has no record, is not enough: read further back.
    if (head === undefined || (head === null && length < size)) continue
    return { head, wholeBytes: size - length + whole, tornBytes: length - whole }
  }
}

/** Returns the head after the last record of several files; null if none of them has one. */
export function readLastHead(segments: readonly Segment[]): ChainHead | null {
  for (const { path } of segments.toReversed()) {
    const file = openSync(path, 'r')
    try {
      const { head } = readTail(file)
      if (head !== null) return head
    } finally {
      closeSync(file)
    }
  }
  return null
}

function readEnd(file: number, size: number, length: number): Buffer {
  const bytes = Buffer.alloc(length)
  let at = 0
  while (at < length) {
    const count = readSync(file, bytes, at, length - at, size - length + at)
    if (count === 0) break
    at += count
  }
  return bytes.subarray(0, at)
}

/** Returns undefined if the last record's line may begin before these bytes. */
function lastHead(bytes: Buffer, isAll: boolean): ChainHead | null | undefined {
  for (let end = bytes.length - 1; end >= 0; ) {
    const begin = end === 0 ? 0 : bytes.lastIndexOf(lineBreak, end - 1) + 1
    if (begin === 0 && !isAll) return undefined
    const line = bytes.subarray(begin, end)
    const record = readRecord(line.toString('utf8'))
    if (typeof record !== 'string') return { sequence: record.sequence, hash: hashLine(line) }
    end = begin - 1
  }
  return null
}
