/** Records of one or several chains, in the order of their times, from files of any size. */
import { statSync } from 'node:fs'
import { type AuditRecord, readRecord } from '../../audit/chain.ts'
import { listChains, listSegments, type Segment } from '../../audit/segments.ts'
import { readSubjectNames, replaceRefs } from '../../audit/subject-file.ts'
import { readLines } from './read-lines.ts'

/** A record with the line that it was read from, both with names instead of references. */
export type FoundRecord = {
  readonly chain: string
  readonly record: AuditRecord
  readonly line: string
}

export type RecordsQuestion = {
  readonly folder: string
  /** All chains by default. */
  readonly chains?: readonly string[]
  /** From this instant on (epoch milliseconds). */
  readonly sinceAt: number
  /** Up to this instant; null means to the end. */
  readonly untilAt: number | null
  /** Whether references stay, as in the files. */
  readonly isStored?: boolean
  /** How many bytes of a chain are read at most, the newest ones; all by default. */
  readonly bytesMaxOf?: (chain: string) => number
  /** Called with the first instant of a chain that was read if older records were left out. */
  readonly onCut?: (at: string) => void
  /** Called for every line that is not a record: `verify` says more about it. */
  readonly onUnreadable: (file: string, line: number) => void
}

/** Yields records in blocks, so that each record needs no turn of the loop. */
export async function* readRecords(
  question: RecordsQuestion,
): AsyncGenerator<readonly FoundRecord[]> {
  const chains = question.chains ?? listChains(question.folder)
  const show = question.isStored ? (line: string) => line : await createNamer(question.folder)
  const streams = await Promise.all(
    chains.map((chain) => openStream(readChain(chain, question, show))),
  )
  let open = streams.filter((stream) => stream.block.length > 0)
  let block: FoundRecord[] = []
  while (open.length > 0) {
    const next = open.reduce((one, other) => (timeOf(other) < timeOf(one) ? other : one))
    block.push(next.block[next.at++] as FoundRecord)
    if (next.at < next.block.length) continue
    if (!(await refill(next))) open = open.filter((stream) => stream !== next)
    yield block
    block = []
  }
}

/** Returns a function that puts names into a line for their references, as far as they are known. */
export async function createNamer(folder: string): Promise<(line: string) => string> {
  const names = await readSubjectNames(folder)
  return (line) =>
    replaceRefs(line, (ref) => {
      const name = names.get(ref)
      return name === undefined ? null : JSON.stringify(name).slice(1, -1)
    })
}

type Stream = {
  readonly source: AsyncGenerator<readonly FoundRecord[]>
  block: readonly FoundRecord[]
  at: number
}

async function openStream(source: Stream['source']): Promise<Stream> {
  const stream: Stream = { source, block: [], at: 0 }
  await refill(stream)
  return stream
}

async function refill(stream: Stream): Promise<boolean> {
  stream.at = 0
  for (;;) {
    const { value, done } = await stream.source.next()
    stream.block = done ? [] : value
    if (done) return false
    if (stream.block.length > 0) return true
  }
}

/** ISO 8601 in UTC sorts as text. */
function timeOf({ block, at }: Stream): string {
  return block[at]?.record.at ?? ''
}

async function* readChain(
  chain: string,
  question: RecordsQuestion,
  show: (line: string) => string,
): AsyncGenerator<readonly FoundRecord[]> {
  const since = new Date(question.sinceAt).toISOString()
  const until = question.untilAt === null ? null : new Date(question.untilAt).toISOString()
  const segments = listSegments(question.folder, chain)
  const cut = findCut(segments, question.bytesMaxOf?.(chain) ?? Number.POSITIVE_INFINITY)
  let isAfterCut = cut.isCut
  for (const [index, segment] of segments.slice(cut.index).entries()) {
    const place = { chain, segment, from: index === 0 ? cut.byte : 0 }
    for await (const found of readSegment(place, question, show)) {
      const at = found[0]?.record.at ?? ''
      if (isAfterCut && at >= since) question.onCut?.(at)
      isAfterCut &&= at === ''
      yield found.filter(({ record }) => record.at >= since && (until ?? record.at) >= record.at)
    }
    // Records that were left out are older than these.
    if (isOlder(segment, question.sinceAt)) isAfterCut = false
  }
}

type Place = { readonly chain: string; readonly segment: Segment; readonly from: number }

async function* readSegment(
  { chain, segment, from }: Place,
  { sinceAt, onUnreadable }: RecordsQuestion,
  show: (line: string) => string,
): AsyncGenerator<FoundRecord[]> {
  if (isOlder(segment, sinceAt)) return
  for await (const lines of readLines(segment.path, from)) {
    yield lines.flatMap(({ bytes, number, isWhole }) => {
      // The last line may still be written, and the first one after a cut is not complete.
      if (!isWhole || (from > 0 && number === 1)) return []
      const line = show(bytes.toString('utf8'))
      const record = readRecord(line)
      if (typeof record !== 'string') return [{ chain, record, line }]
      onUnreadable(segment.path, number)
      return []
    })
  }
}

/** Returns where reading begins so that at most so many bytes are read: a segment, and its byte. */
function findCut(segments: readonly Segment[], bytesMax: number) {
  let rest = bytesMax
  for (let index = segments.length - 1; index >= 0; index--) {
    const { path } = segments[index] as Segment
    const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0
    if (size > rest) return { index, byte: size - rest, isCut: true }
    rest -= size
  }
  return { index: 0, byte: 0, isCut: false }
}

/** A file is not written after its last record. */
function isOlder({ path }: Segment, at: number): boolean {
  const found = statSync(path, { throwIfNoEntry: false })
  return found === undefined || found.mtimeMs < at
}
