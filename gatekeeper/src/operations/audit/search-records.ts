/**
 * Finds records, the newest first, in pages. A page reads a bounded part of the files, which may have
 * a gigabyte, and says where the next one goes on; records that are written meanwhile move nothing.
 */
import { type AuditRecord, readRecord } from '../../audit/chain.ts'
import { listChains } from '../../audit/segments.ts'
import { replaceRefs } from '../../audit/subject-file.ts'
import { type ChainPlaceBefore, type LineBlock, readBackwards } from './read-backwards.ts'
import type { FoundRecord } from './read-records.ts'

/** Where a search goes on, by chain. */
export type SearchPlace = Readonly<Record<string, ChainPlaceBefore>>

export type RecordSearch = {
  readonly folder: string
  readonly isChain: (name: string) => boolean
  /** Null begins with the newest. Chains that came after it are left out. */
  readonly from: SearchPlace | null
  /** Epoch ms. */
  readonly sinceAt: number
  readonly untilAt: number
  /**
   * A wanted record has one of the texts of each list, as it is stored: other blocks are passed over
   * without reading their records.
   */
  readonly needles: readonly (readonly string[])[]
  /** Judges a record as it is shown, and its line. */
  readonly isWanted: (record: AuditRecord, line: string) => boolean
  readonly countMax: number
  /** How much is read at most. */
  readonly bytesMax: number
  readonly names: ReadonlyMap<string, string>
  readonly signal?: AbortSignal | undefined
}

export type FoundPage = {
  readonly found: readonly FoundRecord[]
  /** Null if there is nothing older. A page may be empty and not the last one. */
  readonly next: SearchPlace | null
  /** Everything from this instant on was looked at; null if all of it was. */
  readonly lookedBackTo: string | null
}

/** Reads a page. Rejects as `node:fs` does, and with the signal's reason when it is aborted. */
export async function searchRecords(search: RecordSearch): Promise<FoundPage> {
  const { folder, from, isChain, countMax } = search
  const chains = listChains(folder).filter(
    (chain) => isChain(chain) && (from === null || Object.hasOwn(from, chain)),
  )
  const streams = chains.map((chain) => new Stream(chain, search, search.bytesMax / chains.length))
  const found: FoundRecord[] = []
  try {
    await Promise.all(streams.map((stream) => stream.advance()))
    while (found.length < countMax) {
      const newest = newestOf(streams)
      // A stream that stopped reading may have records that are newer than those of others.
      if (newest?.head == null) break
      found.push(newest.head.found)
      await newest.advance()
    }
  } finally {
    await Promise.all(streams.map((stream) => stream.close()))
  }
  const open = streams.filter((stream) => !stream.isAtEnd)
  if (open.length === 0) return { found, next: null, lookedBackTo: null }
  const next = Object.fromEntries(
    streams.flatMap(({ chain, place }) => (place === null ? [] : [[chain, place]])),
  )
  return { found, next, lookedBackTo: newestOf(streams)?.at ?? null }
}

function newestOf(streams: readonly Stream[]): Stream | null {
  const open = streams.filter((stream) => !stream.isAtEnd)
  return open.reduce<Stream | null>(
    (newest, stream) => (newest === null || stream.at > newest.at ? stream : newest),
    null,
  )
}

type Head = { readonly found: FoundRecord; readonly before: ChainPlaceBefore }

/** One chain: the newest record that was not taken yet, or where reading stopped. */
class Stream {
  readonly chain: string
  readonly #search: RecordSearch
  readonly #blocks: AsyncGenerator<LineBlock>
  readonly #since: string
  readonly #until: string
  #block: LineBlock | null = null
  #line = 0
  #bytesLeft: number
  /** Null if there is none, or reading stopped. */
  head: Head | null = null
  /** When the head, or the last line that was looked at, was written. */
  at = '9999'
  /** Before which everything is to be looked at. */
  place: ChainPlaceBefore | null
  isAtEnd = false

  constructor(chain: string, search: RecordSearch, bytesMax: number) {
    this.chain = chain
    this.#search = search
    this.#bytesLeft = bytesMax
    this.#since = new Date(search.sinceAt).toISOString()
    this.#until = new Date(search.untilAt).toISOString()
    const { needles, folder, from: places } = search
    const from = places?.[chain] ?? null
    this.place = from
    const isMaybe = (block: Buffer) =>
      needles.every((texts) => texts.some((text) => block.includes(text)))
    const isTooNew = (line: string) => timeOf(line) > this.#until
    this.#blocks = readBackwards({ folder, chain, from, isMaybe, isTooNew })
  }

  async close(): Promise<void> {
    await this.#blocks.return(null)
  }

  /** Takes the head away, and finds the next one. */
  async advance(): Promise<void> {
    if (this.head !== null) this.place = this.head.before
    this.head = null
    while (!this.isAtEnd && this.head === null) {
      if (this.#block === null && !(await this.#readBlock())) return
      this.#takeLine()
    }
  }

  /** Returns whether there is a block; not at the end, and not when enough was read. */
  async #readBlock(): Promise<boolean> {
    this.#search.signal?.throwIfAborted()
    if (this.#bytesLeft <= 0) return false
    const { value, done } = await this.#blocks.next()
    if (done) {
      this.isAtEnd = true
      return false
    }
    // The next page begins here at the latest, whatever is written meanwhile.
    this.place ??= value.end
    this.#bytesLeft -= value.bytes
    this.#block = value
    this.#line = 0
    return true
  }

  #takeLine(): void {
    const block = this.#block as LineBlock
    const line = block.lines[this.#line++]
    if (line === undefined) {
      this.at = timeOf(block.oldest) || this.at
      this.place = block.before
      this.#block = null
      return
    }
    const at = timeOf(line.text)
    if (at !== '') this.at = at
    // Records of a chain are in the order of their times.
    if (at !== '' && at < this.#since) this.isAtEnd = true
    else if (at !== '' && at < this.#until) this.#judge(line.text, line.before)
  }

  #judge(text: string, before: ChainPlaceBefore): void {
    const { needles, isWanted, names } = this.#search
    if (!needles.every((texts) => texts.some((needle) => text.includes(needle)))) return
    const line = replaceRefs(text, (ref) => {
      const name = names.get(ref)
      return name === undefined ? null : JSON.stringify(name).slice(1, -1)
    })
    const record = readRecord(line)
    if (typeof record === 'string' || !isWanted(record, line)) return
    this.head = { found: { chain: this.chain, record, line }, before }
  }
}

/** Read from the text: parsing every line takes ten times as long. */
function timeOf(line: string): string {
  return /^\{"sequence":\d+,"at":"([^"]{24})"/.exec(line)?.[1] ?? ''
}
