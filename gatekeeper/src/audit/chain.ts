/**
 * The form of an audit file: one JSON object a line, each with the hash of the line before it. Who
 * changes, removes or reorders a line breaks the chain at the next one. A cut tail cannot be seen
 * in the file itself: for that there are heads that are kept elsewhere.
 */
import { hash } from 'node:crypto'
import { formatInstant } from '../lib/instant.ts'

/** What is recorded; members beside these are the event's own. */
export type AuditFields = Readonly<Record<string, unknown>>

/** Where a chain stands: the next line follows on this. */
export type ChainHead = {
  /** Number of the last line, from 1 on over all segments; 0 where there is none. */
  readonly sequence: number
  /** SHA-256 of the last line's bytes without its line break, in hex. */
  readonly hash: string
}

/** The head of a chain that has no line yet. */
export const emptyHead: ChainHead = { sequence: 0, hash: '0'.repeat(64) }

/** The line that follows on a head, without its line break, and the head after it. */
export function appendLine(
  head: ChainHead,
  at: number,
  fields: AuditFields,
): { readonly line: string; readonly head: ChainHead } {
  const sequence = head.sequence + 1
  // Put together as text, since this is done for every request; no value of ours needs an escape.
  const own = JSON.stringify(withoutOurs(fields)).slice(1, -1)
  const line = `{"sequence":${sequence},"at":"${formatAt(at)}",${own}${
    own === '' ? '' : ','
  }"previous":"${head.hash}"}`
  return { line, head: { sequence, hash: hashLine(line) } }
}

let lastAt = Number.NaN
let lastText = ''

/** Many records have one millisecond. */
function formatAt(at: number): string {
  if (at !== lastAt) lastText = formatInstant(at)
  lastAt = at
  return lastText
}

/** An event's member of the same name would stand in the line beside ours, and be the one believed. */
function withoutOurs(fields: AuditFields): AuditFields {
  if (!('sequence' in fields || 'at' in fields || 'previous' in fields)) return fields
  const { sequence: _s, at: _a, previous: _p, ...own } = fields
  return own
}

export function hashLine(line: string | Buffer): string {
  return hash('sha256', line, 'hex')
}

/** What can be wrong with a line, by itself or where it stands. */
export type LineFault = 'torn' | 'not-json' | 'not-a-record' | 'broken-link' | 'wrong-sequence'

/** A record that was read: its members, and its place. */
export type AuditRecord = {
  readonly sequence: number
  /** ISO 8601. */
  readonly at: string
  readonly previous: string
  readonly [name: string]: unknown
}

export type ReadLine = { readonly record: AuditRecord | null; readonly fault: LineFault | null }

export type ChainFollower = {
  /** Takes the next line, without its line break. */
  readonly take: (line: Buffer) => ReadLine
  /** Where the chain stands after the last line that could be read; null before the first. */
  readonly head: () => ChainHead | null
}

/**
 * Follows a chain line by line from `start`; null takes the first line as it is, where what came
 * before was removed by age. After a fault the chain is followed anew, so that every further fault is
 * found as well.
 */
export function followChain(start: ChainHead | null): ChainFollower {
  let head = start
  return {
    take: (line) => {
      const record = readRecord(line.toString('utf8'))
      if (typeof record === 'string') return { record: null, fault: record }
      const fault = head === null ? null : compare(record, head)
      // Of the bytes, and not of what was understood of them: two of those may read alike.
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

/** Reads one line by itself. */
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
