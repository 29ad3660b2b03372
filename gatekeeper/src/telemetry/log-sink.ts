/**
 * Where log lines go: to a file descriptor, several in one write, since a write for each line takes
 * a fifth of the time that the gatekeeper has for a checked request. A disk that is full or a reader
 * that left must never end the service, hold it up, or keep it from ending. (pino's own destination
 * emits the first as an error, and tries for ever to write what is left when the process ends.)
 */
import { write, writeSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import type { LogSink } from './log.ts'

const gatheredCharsMin = 8192
const flushMs = 100
/** What waits for a disk or a reader that takes nothing. Beyond it lines are dropped. */
const heldCharsMax = 8 * 1024 * 1024
/** How long a reader that takes nothing for now is waited for. */
const retryMs = 100
/** How often at most it is tried again when the process ends. */
const lastTriesMax = 10
/** A write that takes longer waits for a reader that takes nothing, and so would every other. */
const stuckMs = 1_000

export type FileSink = Required<LogSink> & {
  /** Resolves when no write is under way any more; the process's end writes what is left. */
  readonly drained: () => Promise<void>
}

/**
 * Gathers lines for at most 100 ms, so that a process that is killed loses no more than those. At
 * any end of its own (signal, fault, `process.exit`) the process writes what is left. Without
 * `isGathered` each line is written at once, for people.
 */
export function openLogSink(
  descriptor: number,
  { isGathered }: { readonly isGathered: boolean },
): FileSink {
  const writer = new Writer(descriptor)
  let timer: NodeJS.Timeout | null = null
  const flushLater = () => {
    timer = null
    writer.flush()
  }
  process.on('exit', () => writer.writeRest())
  return {
    write: (line) => {
      writer.hold(line)
      if (!isGathered || writer.heldChars >= gatheredCharsMin) return writer.flush()
      if (timer === null) timer = setTimeout(flushLater, flushMs).unref()
    },
    flush: () => writer.flush(),
    drained: () => writer.drained(),
  }
}

class Writer {
  readonly #descriptor: number
  #lines: string[] = []
  heldChars = 0
  /** What is being written, or could not be; without what is written of it. */
  #bytes: Buffer = Buffer.alloc(0)
  #isWriting = false
  #begunAt = 0
  /** Whether a flush came while another write was under way. */
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

  /** At the process's end. What is being written then is the system's, and is not written twice. */
  writeRest(): void {
    // Node waits for that write before it ends, and nothing else ends a process that waits so.
    if (this.#isStuck()) process.kill(process.pid, 'SIGKILL')
    if (this.#isWriting) this.#bytes = Buffer.alloc(0)
    this.#take()
    for (let tries = 0; this.#bytes.length > 0 && tries < lastTriesMax; ) {
      try {
        this.#bytes = this.#bytes.subarray(writeSync(this.#descriptor, this.#bytes))
      } catch (error) {
        if (!isBusy(error)) return
        tries++
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, retryMs)
      }
    }
  }

  #isStuck(): boolean {
    return this.#isWriting && performance.now() - this.#begunAt > stuckMs
  }

  /** Everything that is held is to be written next, behind what could not be. */
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
      // There is nobody to tell. It is tried again with the next lines.
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

function isBusy(error: unknown): boolean {
  const { code = '' } = error as NodeJS.ErrnoException
  return code === 'EAGAIN' || code === 'EBUSY'
}
