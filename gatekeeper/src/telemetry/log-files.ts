/**
 * Log lines in dated files instead of stdout: `gatekeeper-YYYY-MM-DD.log` has all lines,
 * `error-YYYY-MM-DD.log` those of the level error. Days are UTC, like the times in the lines. Old
 * files are removed here. A full disk or a folder that was removed never ends the process: lines are
 * lost meanwhile, and the next attempt is made a minute later.
 */
import { fstatSync, openSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../lib/clock.ts'
import { createOwnedFile, createOwnedFolder } from '../lib/files/create-owned.ts'
import { formatInstant } from '../lib/instant.ts'
import { createSink, type FileSink } from './log-sink.ts'

type Kind = 'gatekeeper' | 'error'

export type LogFileRules = {
  readonly clock: Clock
  /** How long files are kept, in days. */
  readonly days?: number
  /** How much all files may have together, in bytes; one file gets a sixteenth of it. */
  readonly bytesMax?: number
}

const dayMs = 86_400_000
const retryMs = 60_000
const daysUsual = 30
const bytesUsual = 1024 ** 3

/** Opens the files of today, with mode 0600. Throws as `node:fs` does. */
export function openLogFiles(folder: string, rules: LogFileRules): FileSink {
  createOwnedFolder(folder)
  const all = new DatedFile('gatekeeper', folder, rules)
  const errors = new DatedFile('error', folder, rules)
  const both = [all, errors]
  for (const file of both) file.open()
  process.on('exit', () => {
    for (const file of both) file.writeRest()
  })
  return {
    write: (line, isError = false) => {
      all.write(line)
      if (isError) errors.write(line)
    },
    flush: () => {
      for (const file of both) file.flush()
    },
    drained: async () => {
      await Promise.all(both.map((file) => file.drained()))
    },
  }
}

type Current = {
  readonly date: string
  readonly sink: ReturnType<typeof createSink>
  bytes: number
}

class DatedFile {
  readonly #kind: Kind
  readonly #folder: string
  readonly #clock: Clock
  readonly #days: number
  readonly #bytesMax: number
  #current: Current | null = null
  #retryAt = 0

  constructor(kind: Kind, folder: string, rules: LogFileRules) {
    const { clock, days = daysUsual, bytesMax = bytesUsual } = rules
    this.#kind = kind
    this.#folder = folder
    this.#clock = clock
    this.#days = days
    this.#bytesMax = bytesMax
  }

  write(line: string): void {
    const now = this.#clock()
    if (this.#isOver(now) && now >= this.#retryAt) this.#turn(now)
    if (this.#current === null) return
    this.#current.sink.write(line)
    this.#current.bytes += line.length
  }

  flush(): void {
    this.#current?.sink.flush()
  }

  async drained(): Promise<void> {
    await this.#current?.sink.drained()
  }

  writeRest(): void {
    this.#current?.sink.writeRest()
  }

  /** Opens the file of today. Throws as `node:fs` does. */
  open(): void {
    const date = dateOf(this.#clock())
    const path = join(this.#folder, `${this.#kind}-${date}.log`)
    createOwnedFile(path)
    const descriptor = openSync(path, 'a', 0o600)
    const { size: bytes } = fstatSync(descriptor)
    this.#current = { date, bytes, sink: createSink(descriptor, { isGathered: true }) }
    prune(
      this.#folder,
      { before: dateOf(this.#clock() - this.#days * dayMs), date },
      this.#bytesMax,
    )
  }

  get #partBytesMax(): number {
    return this.#bytesMax / 16
  }

  #isOver(now: number): boolean {
    return this.#current?.date !== dateOf(now) || this.#current.bytes >= this.#partBytesMax
  }

  /** Opens the next file; the lines before go to the last one, which is closed then. */
  #turn(now: number): void {
    const last = this.#current
    try {
      if (last?.date === dateOf(now)) this.#setAside(last.date)
      this.open()
    } catch {
      // There is no place to report it: the last file goes on, if there is one.
      this.#retryAt = now + retryMs
      return
    }
    void last?.sink.close()
  }

  /** A file of today that is full gets a number. */
  #setAside(date: string): void {
    const nameOf = (part: string) => join(this.#folder, `${this.#kind}-${date}${part}.log`)
    const isThere = (path: string) => statSync(path, { throwIfNoEntry: false }) !== undefined
    let part = 1
    while (isThere(nameOf(`.${part}`))) part++
    renameSync(nameOf(''), nameOf(`.${part}`))
  }
}

/** The day of an instant, UTC: `2026-11-30`. */
function dateOf(at: number): string {
  return formatInstant(at).slice(0, 10)
}

const form = /^(?:gatekeeper|error)-(\d{4}-\d\d-\d\d)(?:\.(\d+))?\.log$/

/** Removes files of earlier days, and the oldest ones until the rest has room for two full files. */
function prune(
  folder: string,
  { before, date }: { readonly before: string; readonly date: string },
  bytesMax: number,
): void {
  const found = readdirSync(folder).flatMap((name) => {
    const [, day, part = '0'] = form.exec(name) ?? []
    return day === undefined ? [] : [{ name, day, part: Number(part) }]
  })
  const isCurrent = (file: (typeof found)[number]) => file.day === date && file.part === 0
  const newest = found.sort((one, other) => {
    const byPart = (other.part || Number.MAX_VALUE) - (one.part || Number.MAX_VALUE)
    return one.day === other.day ? byPart : one.day < other.day ? 1 : -1
  })
  let bytes = 0
  for (const file of newest) {
    const path = join(folder, file.name)
    bytes += statSync(path, { throwIfNoEntry: false })?.size ?? 0
    const isOver = file.day < before || bytes > (bytesMax * 7) / 8
    if (isOver && !isCurrent(file)) rmSync(path, { force: true })
  }
}
