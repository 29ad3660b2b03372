/**
 * Writes one chain. Records are gathered for a moment and go out together, in their order. Half a
 * line of a crash or a full disk is cut off, what could not be written is counted, and both are
 * recorded as soon as that is possible again.
 */
import type { Clock } from '../lib/clock.ts'
import { createOwnedFolder } from '../lib/create-owned.ts'
import { type ProcessLock, takeProcessLock } from '../lib/process-lock.ts'
import { systemTimers, type Timers } from '../lib/timers.ts'
import { type AuditFields, appendLine, type ChainHead, emptyHead } from './chain.ts'
import { readLastHead } from './chain-tail.ts'
import { type Retention, removeOld } from './retention.ts'
import { AlteredError, SegmentFile } from './segment-file.ts'
import { listSegments, segmentPath } from './segments.ts'
import { keepHead, readKeptHead, type SignStatement } from './signed-head.ts'

export type ChainWriter = {
  /** Resolves when the record is written; rejects where it is not. */
  readonly record: (fields: AuditFields) => Promise<void>
  /** Records within 100 ms. What cannot be is counted, and the count is recorded later. */
  readonly add: (fields: AuditFields) => void
  /** Why the last records are missing; null where none is. */
  readonly fault: () => string | null
  /** Why no new file could be begun, or no old one removed; null where all is well. */
  readonly upkeepFault: () => string | null
  readonly head: () => ChainHead
  /** Begins a new file and removes old ones where that is due. */
  readonly tidy: () => Promise<void>
  /** Writes what is gathered and closes the file. */
  readonly close: () => Promise<void>
}

export type ChainRules = Retention & {
  /** A file whose first record is older is closed, and signed; null leaves it to its size. */
  readonly segmentAgeMaxMs: number | null
  /**
   * Path of a lock: other processes write the chain too. Every batch is written under it, and is on
   * the disk itself, not only with the system, before it counts.
   */
  readonly sharedLock: string | null
}

export type ChainWriterDeps = {
  readonly folder: string
  readonly clock: Clock
  readonly sign: SignStatement
  readonly timers?: Timers
  /** Records that may wait for the disk. */
  readonly waitingMax?: number
}

/** Too many records wait for the disk, or the chain is closed. */
export class AuditOverflowError extends Error {
  override readonly name = 'AuditOverflowError'
  readonly code = 'overflow'
}

const waitingMaxDefault = 10_000
const gatherMs = 100
/** So many that hashing them holds up nobody for long. */
const batchMax = 128

type Waiting = {
  readonly fields: AuditFields
  readonly at: number
  /** Null where nobody waits for it. */
  readonly settle: ((error: Error | null) => void) | null
}

/** Opens a chain where it ended. Throws as `node:fs` does. */
export function openChain(rules: ChainRules, deps: ChainWriterDeps): ChainWriter {
  createOwnedFolder(deps.folder)
  const writer = new Writer(rules, deps)
  writer.open()
  return {
    record: (fields) => writer.record(fields),
    add: (fields) => writer.add(fields),
    fault: () => writer.fault,
    upkeepFault: () => writer.upkeepFault,
    head: () => writer.head,
    tidy: () => writer.tidy(),
    close: () => writer.close(),
  }
}

class Writer {
  head: ChainHead = emptyHead
  fault: string | null = null
  upkeepFault: string | null = null
  readonly #rules: ChainRules
  readonly #deps: ChainWriterDeps
  #waiting: Waiting[] = []
  #lost = 0
  #running: Promise<void> | null = null
  #stopTimer: (() => void) | null = null
  #file: SegmentFile | null = null
  #begunAt: number | null = null
  #isClosed = false

  constructor(rules: ChainRules, deps: ChainWriterDeps) {
    this.#rules = rules
    this.#deps = deps
  }

  /** A shared chain is opened anew for every batch, since others may have gone on with it. */
  open(): void {
    if (this.#rules.sharedLock === null) this.#openNewest()
  }

  record(fields: AuditFields): Promise<void> {
    if (!this.#hasRoom()) return Promise.reject(this.#refuse())
    return new Promise((done, fail) => {
      const settle = (error: Error | null) => (error === null ? done() : fail(error))
      this.#waiting.push({ fields, at: this.#deps.clock(), settle })
      this.#start()
    })
  }

  add(fields: AuditFields): void {
    if (!this.#hasRoom()) {
      this.#lost++
      this.#refuse()
      return
    }
    this.#waiting.push({ fields, at: this.#deps.clock(), settle: null })
    if (this.#waiting.length >= batchMax) this.#start()
    else
      this.#stopTimer ??= (this.#deps.timers ?? systemTimers).after(gatherMs, () => this.#start())
  }

  async tidy(): Promise<void> {
    // Where a batch is under way it looks after that itself.
    this.#running ??= this.#underLock(() => this.#rotateIfDue(true))
      .catch((error) => {
        this.upkeepFault = codeOf(error)
      })
      .finally(() => this.#goOn())
    await this.#running
  }

  async close(): Promise<void> {
    while (this.#waiting.length > 0 || this.#running !== null) {
      this.#start()
      await this.#running
    }
    this.#isClosed = true
    this.#closeFile()
  }

  #hasRoom(): boolean {
    return this.#waiting.length < (this.#deps.waitingMax ?? waitingMaxDefault)
  }

  #refuse(): Error {
    const error = new AuditOverflowError('too many records wait for the disk')
    this.fault = error.code
    return error
  }

  #start(): void {
    this.#stopTimer?.()
    this.#stopTimer = null
    this.#running ??= this.#drain().finally(() => this.#goOn())
  }

  /** What came in during the last step must not wait for somebody to come by. */
  #goOn(): void {
    this.#running = null
    if (this.#waiting.length > 0) this.#start()
  }

  async #drain(): Promise<void> {
    // One turn of the loop gathers what the requests of this moment have to say.
    await new Promise((resolve) => setImmediate(resolve))
    while (this.#waiting.length > 0) await this.#writeBatch(this.#waiting.splice(0, batchMax))
  }

  async #writeBatch(batch: readonly Waiting[]): Promise<void> {
    try {
      await this.#underLock(async () => {
        await this.#appendAll(batch)
        for (const { settle } of batch) settle?.(null)
        await this.#rotateIfDue(false)
      })
    } catch (error) {
      this.fault = codeOf(error)
      for (const { settle } of batch) settle?.(error as Error)
      this.#lost += batch.filter(({ settle }) => settle === null).length
    }
  }

  async #underLock(work: () => Promise<void>): Promise<void> {
    const { sharedLock } = this.#rules
    if (this.#isClosed) throw new AuditOverflowError('the audit is closed')
    const lock: ProcessLock | null = sharedLock === null ? null : await takeProcessLock(sharedLock)
    try {
      if (lock !== null) this.#openNewest()
      await work()
    } finally {
      if (lock !== null) this.#closeFile()
      lock?.release()
    }
  }

  async #appendAll(batch: readonly Waiting[]): Promise<void> {
    const file = this.#usableFile()
    const lost = this.#lost
    let head = this.head
    const add = (at: number, fields: AuditFields) => {
      const appended = appendLine(head, at, fields)
      head = appended.head
      return `${appended.line}\n`
    }
    const first = lost === 0 ? '' : add(this.#deps.clock(), this.#describeLost())
    const bytes = Buffer.from(first + batch.map(({ at, fields }) => add(at, fields)).join(''))
    await file.append(bytes, this.#rules.sharedLock !== null)
    this.#begunAt ??= batch[0]?.at ?? null
    this.head = head
    this.#lost -= lost
    this.fault = null
  }

  #describeLost(): AuditFields {
    return { event: 'audit.lost', records: this.#lost, fault: this.fault }
  }

  /** A file that was removed or cut under our hands is left alone: the chain goes on in a new one. */
  #usableFile(): SegmentFile {
    const file = this.#file as SegmentFile
    try {
      if (file.hasGrown()) file.readTail()
      return file
    } catch (error) {
      if (!(error instanceof AlteredError)) throw error
      const { number } = file.segment
      const next = this.#openNext(number)
      const fields = { event: 'audit.altered', segment: number, what: error.message }
      this.#waiting.unshift({ fields, at: this.#deps.clock(), settle: null })
      return next
    }
  }

  #openNewest(): void {
    const { folder } = this.#deps
    const { name } = this.#rules
    const segments = listSegments(folder, name)
    const file = new SegmentFile(segments.at(-1) ?? this.#segmentOf(1))
    this.#file = file
    const tail = file.readTail()
    // A file that was begun and has no line yet follows on the one before it.
    const before = this.#segmentOf(file.segment.number - 1).path
    const head = tail.head ?? readLastHead(segments.slice(0, -1)) ?? readKeptHead(before)
    if (head !== null) this.head = { sequence: head.sequence, hash: head.hash }
    this.#begunAt = file.begunAt()
    if (tail.tornBytes === 0) return
    const fields = { event: 'audit.repaired', cutBytes: tail.tornBytes }
    this.#waiting.unshift({ fields, at: this.#deps.clock(), settle: null })
    if (this.#rules.sharedLock === null) this.#start()
  }

  #segmentOf(number: number) {
    return { number, path: segmentPath(this.#deps.folder, this.#rules.name, number) }
  }

  #openNext(number: number): SegmentFile {
    const next = new SegmentFile(this.#segmentOf(number + 1))
    this.#closeFile()
    this.#file = next
    this.#begunAt = null
    return next
  }

  #closeFile(): void {
    this.#file?.close()
    this.#file = null
  }

  /** Where this fails everything stays as it is, and it is tried again after the next batch. */
  async #rotateIfDue(isTidying: boolean): Promise<void> {
    const { folder, clock, sign } = this.#deps
    const file = this.#file
    if (file === null) return
    try {
      const isDue = this.#isFull(file)
      if (isDue) {
        await file.sync()
        const { segment } = file
        const at = new Date(clock()).toISOString()
        const statement = { ...this.head, chain: this.#rules.name, segment: segment.number, at }
        await keepHead(segment, statement, sign)
        this.#openNext(segment.number)
      }
      const inUse = this.#file?.segment.number ?? 0
      if (isDue || isTidying) removeOld(folder, this.#rules, { inUse, now: clock() })
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
}

function codeOf(error: unknown): string {
  const { code, name } = error as NodeJS.ErrnoException
  return code ?? name
}
