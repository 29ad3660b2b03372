/**
 * Writes log lines to a file descriptor, several in one write, because one write per line takes a
 * fifth of the time of a checked request. A full disk or a closed reader must never end the
 * service, block it, or prevent its end. (pino's own destination emits the first as an error, and
 * retries forever when the process ends.)
 */
import { close, write, writeSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import type { LogSink } from './log.ts'

const gatheredCharsMin = 8192
const flushMs = 100
/** The most that is held while a disk or a reader accepts nothing. Beyond it lines are dropped. */
const heldCharsMax = 8 * 1024 * 1024
/** How long to wait before a retry if the reader accepts nothing. */
const retryMs = 100
/** The number of retries when the process ends. */
const lastTriesMax = 10
/** A write that takes longer is blocked by its reader, as every further one would be. */
const stuckMs = 1_000

export type FileSink = Required<LogSink> & {
  /** Resolves when no write is in progress; the rest is written when the process ends. */
  readonly drained: () => Promise<void>
}

/**
 * Collects lines for at most 100 ms, so that a killed process loses no more than those. At a
 * regular end (signal, fault, `process.exit`) the rest is written. Without `isGathered` each line
 * is written at once, for people.
 */
export function openLogSink(
  descriptor: number,
  options: { readonly isGathered: boolean },
): FileSink {
  const sink = createSink(descriptor, options)
  process.on('exit', sink.writeRest)
  return sink
}

type Sink = FileSink & {
  /** Writes the rest at the end of the process. */
  readonly writeRest: () => void
  /** Tries once to write the rest, and closes the descriptor. Nothing may be written after it. */
  readonly close: () => Promise<void>
}

/** The same without the write at the end of the process, for which `writeRest` is called. */
export function createSink(
  descriptor: number,
  { isGathered }: { readonly isGathered: boolean },
): Sink {
  const writer = new Writer(descriptor)
  let timer: NodeJS.Timeout | null = null
  const flushLater = () => {
    timer = null
    writer.flush()
  }
  return {
    write: (line) => {
      writer.hold(line)
      if (!isGathered || writer.heldChars >= gatheredCharsMin) return writer.flush()
      if (timer === null) timer = setTimeout(flushLater, flushMs).unref()
    },
    flush: () => writer.flush(),
    drained: () => writer.drained(),
    writeRest: () => writer.writeRest(),
    close: async () => {
      await writer.drained()
      // A full disk took nothing, and the next file or socket gets the number of this one.
      writer.drop()
      close(descriptor, () => {})
    },
  }
}

class Writer {
  readonly #descriptor: number
  #lines: string[] = []
  heldChars = 0
  /** The bytes that are being written or could not be written, without the part that is. */
  #bytes: Buffer = Buffer.alloc(0)
  #isWriting = false
  #begunAt = 0
  /** Whether a flush was requested during another write. */
  #isWanted = false
  #waiting: (() => void)[] = []

  constructor(descriptor: number) {
    this.#descriptor = descriptor
  }

  hold(line: string): void {
    if (this.heldChars + this.#bytes.length > heldCharsMax) return
    this.#lines.push(line)
    this.heldChars += line.length
  }

  flush(): void {
    this.#isWanted = this.#isWriting
    if (this.#isWriting) return
    this.#take()
    if (this.#bytes.length === 0) return this.#rest()
    this.#isWriting = true
    this.#writeOn()
  }

  drained(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiting.push(resolve)
    this.flush()
    return promise
  }

  drop(): void {
    this.#take()
    this.#bytes = Buffer.alloc(0)
  }

  /** At the end of the process. A write in progress belongs to the system and is not repeated. */
  writeRest(): void {
    // Node waits for that write before it exits, and nothing else would end the process.
    if (this.#isStuck()) process.kill(process.pid, 'SIGKILL')
    if (this.#isWriting) {
      // A thread writes it, and on a busy machine it may not have begun: the rest must come after it.
      pause(retryMs)
      this.#bytes = Buffer.alloc(0)
    }
    this.#take()
    for (let tries = 0; this.#bytes.length > 0 && tries < lastTriesMax; ) {
      try {
        this.#bytes = this.#bytes.subarray(writeSync(this.#descriptor, this.#bytes))
      } catch (error) {
        if (!isBusy(error)) return
        tries++
        pause(retryMs)
      }
    }
  }

  #isStuck(): boolean {
    return this.#isWriting && performance.now() - this.#begunAt > stuckMs
  }

  /** Moves everything that is held to the next write, after what could not be written. */
  #take(): void {
    this.#isWanted = false
    const text = this.#lines.join('')
    this.#lines = []
    this.heldChars = 0
    if (text !== '') this.#bytes = Buffer.concat([this.#bytes, Buffer.from(text)])
  }

  #writeOn(): void {
    this.#begunAt = performance.now()
    write(this.#descriptor, this.#bytes, (error, count) => {
      if (error === null) this.#bytes = this.#bytes.subarray(count)
      else if (isBusy(error)) return void setTimeout(() => this.#writeOn(), retryMs)
      // The error cannot be reported. The write is retried with the next lines.
      else return this.#rest()
      if (this.#bytes.length === 0 && this.#isWanted) this.#take()
      if (this.#bytes.length === 0) return this.#rest()
      this.#writeOn()
    })
  }

  #rest(): void {
    this.#isWriting = false
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}

/** Blocks this thread, as the end of the process allows no callback. */
function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

function isBusy(error: unknown): boolean {
  const { code = '' } = error as NodeJS.ErrnoException
  return code === 'EAGAIN' || code === 'EBUSY'
}
