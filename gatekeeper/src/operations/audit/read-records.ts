/** Records of one or several chains, in the order of their times, from files of any size. */
import { statSync } from 'node:fs'
import { type AuditRecord, readRecord } from '../../audit/chain.ts'
import { listChains, listSegments, type Segment } from '../../audit/segments.ts'
import { readSubjectNames, replaceRefs } from '../../audit/subject-file.ts'
import { readLines } from './read-lines.ts'

/** A record with the line that it was read from, both with names instead of references. */
export type FoundRecord = { readonly record: AuditRecord; readonly line: string }

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
  for (const segment of listSegments(question.folder, chain)) {
    if (isOlder(segment, question.sinceAt)) continue
    for await (const lines of readLines(segment.path)) {
      yield lines.flatMap(({ bytes, number, isWhole }) => {
        // A line without a line break is still being written.
        if (!isWhole) return []
        const line = show(bytes.toString('utf8'))
        const record = readRecord(line)
        if (typeof record === 'string') question.onUnreadable(segment.path, number)
        else if (record.at >= since && (until === null || record.at <= until))
          return [{ record, line }]
        return []
      })
    }
  }
}

/** A file is not written after its last record. */
function isOlder({ path }: Segment, at: number): boolean {
  const found = statSync(path, { throwIfNoEntry: false })
  return found === undefined || found.mtimeMs < at
}
