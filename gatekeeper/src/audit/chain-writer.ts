/**
 * Writes one chain. Records are collected for a moment and written together, in order. An
 * incomplete line after a crash or on a full disk is cut off, unwritten records are counted, and
 * both are recorded as soon as possible.
 */
import type { Clock } from '../lib/clock.ts'
import { createOwnedFolder } from '../lib/files/create-owned.ts'
import { type ProcessLock, takeProcessLock } from '../lib/files/process-lock.ts'
import { systemTimers, type Timers } from '../lib/timers.ts'
import { type AuditFields, appendLine, type ChainHead } from './chain.ts'
import { ChainFiles, codeOf } from './chain-files.ts'
import type { Retention } from './retention.ts'
import type { SignStatement } from './signed-head.ts'
import { openSubjects, type Subjects } from './subjects.ts'

export type ChainWriter = {
  /** Resolves when the record is written; rejects if it cannot be. */
  readonly record: (fields: AuditFields) => Promise<void>
  /** Records within 100 ms. Failures are counted, and the count is recorded later. */
  readonly add: (fields: AuditFields) => void
  /** Why the last records are missing; null if none are. */
  readonly fault: () => string | null
  /** Why no new file could be begun, or no old one removed; null if neither. */
  readonly upkeepFault: () => string | null
  readonly head: () => ChainHead
  /** Begins a new file and removes old ones if it is time. */
  readonly tidy: () => Promise<void>
  /** Writes the collected records and closes the file. */
  readonly close: () => Promise<void>
}

export type ChainRules = Retention & {
  /** A file whose first record is older is closed and signed; null only limits its size. */
  readonly segmentAgeMaxMs: number | null
  /**
   * Path of a lock: other processes write the chain too. Every batch is written under it, and
   * counts only after it is on the disk.
   */
  readonly sharedLock: string | null
}

export type ChainWriterDeps = {
  readonly folder: string
  readonly clock: Clock
  readonly sign: SignStatement
  /** Shared by the chains of one process; by default the chain has its own. */
  readonly subjects?: Subjects
  readonly timers?: Timers
  /** Records that may wait for the disk. */
  readonly waitingMax?: number
}

const overflow = 'overflow'

/** Too many records wait for the disk, or the chain is closed. */
export class AuditOverflowError extends Error {
  override readonly name = 'AuditOverflowError'
  readonly code = overflow
}

const waitingMaxDefault = 10_000
const gatherMs = 100
/** Few enough that hashing them does not block for long. */
const batchMax = 128

type Waiting = {
  readonly fields: AuditFields
  readonly at: number
  /** Null if no caller waits for it. */
  readonly settle: ((error: Error | null) => void) | null
}

/** Opens a chain at its end. Throws as `node:fs` does. */
export function openChain(rules: ChainRules, deps: ChainWriterDeps): ChainWriter {
  createOwnedFolder(deps.folder)
  const writer = new Writer(rules, deps)
  writer.open()
  return {
    record: (fields) => writer.record(fields),
    add: (fields) => writer.add(fields),
    fault: () => writer.fault,
    upkeepFault: () => writer.files.upkeepFault,
    head: () => writer.files.head,
    tidy: () => writer.tidy(),
    close: () => writer.close(),
  }
}

class Writer {
  readonly files: ChainFiles
  fault: string | null = null
  readonly #rules: ChainRules
  readonly #deps: ChainWriterDeps
  readonly #subjects: Subjects
  #waiting: Waiting[] = []
  #lost = 0
  #running: Promise<void> | null = null
  #stopTimer: (() => void) | null = null
  #isClosed = false

  constructor(rules: ChainRules, deps: ChainWriterDeps) {
    this.#rules = rules
    this.#deps = deps
    this.#subjects = deps.subjects ?? openSubjects(deps.folder)
    this.files = new ChainFiles(rules, deps)
  }

  /**
   * A shared chain is opened again for every batch, because other processes may have continued it.
   */
  open(): void {
    if (this.#rules.sharedLock !== null) return
    this.files.openNewest()
    if (this.files.notices.length > 0) this.#start()
  }

  record(fields: AuditFields): Promise<void> {
    if (!this.#hasRoom()) {
      this.fault = overflow
      return Promise.reject(new AuditOverflowError('too many records wait for the disk'))
    }
    return new Promise((done, fail) => {
      const settle = (error: Error | null) => (error === null ? done() : fail(error))
      this.#waiting.push({ fields, at: this.#deps.clock(), settle })
      this.#start()
    })
  }

  add(fields: AuditFields): void {
    if (!this.#hasRoom()) {
      this.#lost++
      this.fault = overflow
      return
    }
    this.#waiting.push({ fields, at: this.#deps.clock(), settle: null })
    if (this.#waiting.length >= batchMax) this.#start()
    else
      this.#stopTimer ??= (this.#deps.timers ?? systemTimers).after(gatherMs, () => this.#start())
  }

  async tidy(): Promise<void> {
    // A batch in progress does that itself.
    this.#running ??= this.#underLock(() => this.files.tidy())
      .catch((error) => {
        this.files.upkeepFault = codeOf(error)
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
    this.files.close()
  }

  #hasRoom(): boolean {
    return this.#waiting.length < (this.#deps.waitingMax ?? waitingMaxDefault)
  }

  #start(): void {
    this.#stopTimer?.()
    this.#stopTimer = null
    this.#running ??= this.#drain().finally(() => this.#goOn())
  }

  /** Records that arrived during the last step must not wait for the next call. */
  #goOn(): void {
    this.#running = null
    if (this.#waiting.length > 0) this.#start()
  }

  async #drain(): Promise<void> {
    do {
      // One turn of the loop collects the records of the current requests, and lets other work
      // proceed while a disk refuses batch after batch.
      await new Promise((resolve) => setImmediate(resolve))
      await this.#writeBatch(this.#waiting.splice(0, batchMax))
    } while (this.#waiting.length > 0)
  }

  async #writeBatch(batch: readonly Waiting[]): Promise<void> {
    try {
      await this.#underLock(async () => {
        await this.#appendAll(batch)
        for (const { settle } of batch) settle?.(null)
        await this.files.rotateIfFull()
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
      if (lock !== null) this.files.openNewest()
      await work()
    } finally {
      if (lock !== null) this.files.close()
      lock?.release()
    }
  }

  async #appendAll(batch: readonly Waiting[]): Promise<void> {
    await this.#subjects.prepare(batch.map(({ fields }) => fields))
    const file = this.files.usable()
    const now = this.#deps.clock()
    const lost = this.#lost
    const found = this.files.notices.length
    let head = this.files.head
    const toLine = (at: number, fields: AuditFields) => {
      const appended = appendLine(head, at, fields)
      head = appended.head
      return `${appended.line}\n`
    }
    const notices = this.files.notices.map((fields) => toLine(now, fields))
    const losses = lost === 0 ? '' : toLine(now, this.#describeLost())
    const lines = batch.map(({ at, fields }) => toLine(at, this.#subjects.hide(fields)))
    const text = notices.join('') + losses + lines.join('')
    await file.append(Buffer.from(text), this.#rules.sharedLock !== null)
    this.files.goOnFrom(head, batch[0]?.at ?? now)
    this.files.notices.splice(0, found)
    this.#lost -= lost
    this.fault = null
  }

  #describeLost(): AuditFields {
    return { event: 'audit.lost', records: this.#lost, fault: this.fault }
  }
}
