/**
 * The form of an audit file: one JSON object per line, each with the hash of the line before it.
 * Changing, removing or reordering a line breaks the chain at the next one. A missing end is not
 * visible in the file itself: exported heads show it.
 */
import { hash } from 'node:crypto'
import { formatInstant } from '../lib/instant.ts'

/** The recorded members; members beside these belong to the event. */
export type AuditFields = Readonly<Record<string, unknown>>

/** The end of a chain: the next line continues from here. */
export type ChainHead = {
  /** Number of the last line, counted from 1 over all segments; 0 if there is none. */
  readonly sequence: number
  /** SHA-256 of the last line's bytes without its line break, in hex. */
  readonly hash: string
}

/** The head of a chain without lines. */
export const emptyHead: ChainHead = { sequence: 0, hash: '0'.repeat(64) }

/** Returns the next line after a head, without its line break, and the new head. */
export function appendLine(
  head: ChainHead,
  at: number,
  fields: AuditFields,
): { readonly line: string; readonly head: ChainHead } {
  const sequence = head.sequence + 1
  // Built as text for speed, because every request does this; our own values need no escapes.
  const own = JSON.stringify(withoutOurs(fields)).slice(1, -1)
  const line = `{"sequence":${sequence},"at":"${formatAt(at)}",${own}${
    own === '' ? '' : ','
  }"previous":"${head.hash}"}`
  return { line, head: { sequence, hash: hashLine(line) } }
}

let lastAt = Number.NaN
let lastText = ''

/** Cached: many records share one millisecond. */
function formatAt(at: number): string {
  if (at !== lastAt) lastText = formatInstant(at)
  lastAt = at
  return lastText
}

/**
 * A member of the event with the same name would be in the line beside ours, and might be read
 * instead.
 */
function withoutOurs(fields: AuditFields): AuditFields {
  if (!('sequence' in fields || 'at' in fields || 'previous' in fields)) return fields
  const { sequence: _s, at: _a, previous: _p, ...own } = fields
  return own
}

export function hashLine(line: string | Buffer): string {
  return hash('sha256', line, 'hex')
}

/** The possible faults of a line, by itself or at its place. */
export type LineFault = 'torn' | 'not-json' | 'not-a-record' | 'broken-link' | 'wrong-sequence'

/** A parsed record: its members, and its place. */
export type AuditRecord = {
  readonly sequence: number
  /** ISO 8601. */
  readonly at: string
  readonly previous: string
  readonly [name: string]: unknown
}

export type ReadLine = { readonly record: AuditRecord | null; readonly fault: LineFault | null }

export type ChainFollower = {
  /** Reads the next line, without its line break. */
  readonly take: (line: Buffer) => ReadLine
  /** Returns the end of the chain after the last readable line; null before the first. */
  readonly head: () => ChainHead | null
}

/**
 * Follows a chain line by line from `start`; null accepts any first line, because earlier ones may
 * have been removed by age. After a fault the chain restarts, so that every further fault is found
 * as well.
 */
export function followChain(start: ChainHead | null): ChainFollower {
  let head = start
  return {
    take: (line) => {
      const record = readRecord(line.toString('utf8'))
      if (typeof record === 'string') return { record: null, fault: record }
      const fault = head === null ? null : compare(record, head)
      // The hash of the bytes, not of the parsed values, which can be equal for different bytes.
      head = { sequence: record.sequence, hash: hashLine(line) }
      return { record, fault }
    },
    head: () => head,
  }
}

function compare(record: AuditRecord, head: ChainHead): LineFault | null {
  if (record.previous !== head.hash) return 'broken-link'
  return record.sequence === head.sequence + 1 ? null : 'wrong-sequence'
}

/** Reads a single line. */
export function readRecord(line: string): AuditRecord | 'not-json' | 'not-a-record' {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return 'not-json'
  }
  const { sequence, at, previous } = (value ?? {}) as Partial<AuditRecord>
  const isRecord =
    Number.isSafeInteger(sequence) && typeof at === 'string' && typeof previous === 'string'
  return isRecord ? (value as AuditRecord) : 'not-a-record'
}
