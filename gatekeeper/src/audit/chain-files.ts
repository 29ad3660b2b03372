/**
 * The files of one chain: the current one, its end, and when the next one begins. Faults of the
 * files become notices, which are recorded before anything else.
 */
import type { Clock } from '../lib/clock.ts'
import { formatInstant } from '../lib/instant.ts'
import { type AuditFields, type ChainHead, emptyHead } from './chain.ts'
import { readLastHead } from './chain-tail.ts'
import { type Retention, removeOld } from './retention.ts'
import { AlteredError, SegmentFile } from './segment-file.ts'
import { listSegments, segmentPath } from './segments.ts'
import { keepHead, readKeptHead, type SignStatement } from './signed-head.ts'

export type ChainFilesDeps = {
  readonly folder: string
  readonly clock: Clock
  readonly sign: SignStatement
}

type Rules = Retention & { readonly segmentAgeMaxMs: number | null }

/** A disk that cannot be written must not fill the memory instead. */
const noticesMax = 10

export class ChainFiles {
  head: ChainHead = emptyHead
  /** Why no new file could be begun, or no old one removed; null if neither. */
  upkeepFault: string | null = null
  /** Notices about the files themselves that are to be recorded. */
  readonly notices: AuditFields[] = []
  readonly #rules: Rules
  readonly #deps: ChainFilesDeps
  #file: SegmentFile | null = null
  #begunAt: number | null = null

  constructor(rules: Rules, deps: ChainFilesDeps) {
    this.#rules = rules
    this.#deps = deps
  }

  /** Opens the newest file and finds the end of the chain. Throws as `node:fs` does. */
  openNewest(): void {
    const segments = listSegments(this.#deps.folder, this.#rules.name)
    const file = new SegmentFile(segments.at(-1) ?? this.#segmentOf(1))
    this.#file = file
    const { number } = file.segment
    const tail = file.readTail()
    // A new file without lines continues the one before it.
    const before = this.#segmentOf(number - 1).path
    const head = tail.head ?? readLastHead(segments.slice(0, -1)) ?? readKeptHead(before)
    // A chain that others also write may have grown since, but never shrunk.
    if ((head?.sequence ?? 0) < this.head.sequence) this.#tellAltered(number, 'records are missing')
    if (head !== null) this.head = { sequence: head.sequence, hash: head.hash }
    this.#begunAt = file.begunAt()
    if (tail.tornBytes > 0) this.#tell({ event: 'audit.repaired', cutBytes: tail.tornBytes })
  }

  /**
   * Returns the file to append to. A file that another program removed or shortened is left alone:
   * the chain continues in a new one. Throws as `node:fs` does.
   */
  usable(): SegmentFile {
    const file = this.#file as SegmentFile
    try {
      if (file.hasGrown()) file.readTail()
      return file
    } catch (error) {
      if (!(error instanceof AlteredError)) throw error
      const { number } = file.segment
      const next = this.#openNext(number)
      this.#tellAltered(number, error.message)
      return next
    }
  }

  /** Continues the chain from here; `at` is the time of the first appended record. */
  goOnFrom(head: ChainHead, at: number): void {
    this.head = head
    this.#begunAt ??= at
  }

  /** Begins a new file if the current one is full. After a failure it is tried again. */
  async rotateIfFull(): Promise<void> {
    await this.#keepUp(async (file) => {
      if (!this.#isFull(file)) return
      await this.#rotate(file)
      this.#removeOld()
    })
  }

  /** The same if nothing is written; also removes old files. */
  async tidy(): Promise<void> {
    await this.#keepUp(async (file) => {
      if (this.#isFull(file)) await this.#rotate(file)
      this.#removeOld()
    })
  }

  close(): void {
    this.#file?.close()
    this.#file = null
  }

  async #keepUp(work: (file: SegmentFile) => Promise<void>): Promise<void> {
    if (this.#file === null) return
    try {
      await work(this.#file)
      this.upkeepFault = null
    } catch (error) {
      this.upkeepFault = codeOf(error)
    }
  }

  #isFull({ bytes }: SegmentFile): boolean {
    const { segmentBytesMax, segmentAgeMaxMs } = this.#rules
    if (bytes >= segmentBytesMax) return true
    if (segmentAgeMaxMs === null || this.#begunAt === null) return false
    return this.#deps.clock() - this.#begunAt > segmentAgeMaxMs
  }

  async #rotate(file: SegmentFile): Promise<void> {
    const { clock, sign } = this.#deps
    await file.sync()
    const { segment } = file
    const at = formatInstant(clock())
    const statement = { ...this.head, chain: this.#rules.name, segment: segment.number, at }
    await keepHead(segment, statement, sign)
    this.#openNext(segment.number)
  }

  #removeOld(): void {
    const inUse = this.#file?.segment.number ?? 0
    removeOld(this.#deps.folder, this.#rules, { inUse, now: this.#deps.clock() })
  }

  #openNext(number: number): SegmentFile {
    const next = new SegmentFile(this.#segmentOf(number + 1))
    this.close()
    this.#file = next
    this.#begunAt = null
    return next
  }

  #segmentOf(number: number) {
    return { number, path: segmentPath(this.#deps.folder, this.#rules.name, number) }
  }

  #tellAltered(segment: number, what: string): void {
    this.#tell({ event: 'audit.altered', segment, what })
  }

  #tell(notice: AuditFields): void {
    if (this.notices.length < noticesMax) this.notices.push(notice)
  }
}

/** Returns the code of a system error, or the name of another one. */
export function codeOf(error: unknown): string {
  const { code, name } = error as NodeJS.ErrnoException
  return code ?? name
}
