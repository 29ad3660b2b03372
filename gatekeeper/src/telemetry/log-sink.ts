/**
 * Where log lines go: to a file descriptor, several in one write, since a write for each line takes
 * a fifth of the time that the gatekeeper has for a checked request.
 */
import pino from 'pino'
import type { LogSink } from './log.ts'

const gatheredCharsMin = 8192
const flushMs = 100

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
  const minLength = isGathered ? gatheredCharsMin : 0
  // pino makes such a destination write synchronously what is left when the process exits.
  const stream = pino.destination({ dest: descriptor, sync: false, minLength })
  let timer: NodeJS.Timeout | null = null
  let isWanted = false
  const flush = () => {
    isWanted = true
    stream.flush()
  }
  // While a write is under way the stream takes no other: what came since would stay where it is.
  stream.on('drain', () => {
    if (!isWanted) return
    isWanted = false
    stream.flush()
  })
  const flushLater = () => {
    timer = null
    flush()
  }
  return {
    write: (line) => {
      stream.write(line)
      if (isGathered && timer === null) timer = setTimeout(flushLater, flushMs).unref()
    },
    flush,
    drained: () => {
      const { promise, resolve } = Promise.withResolvers<void>()
      stream.flush(() => resolve())
      return promise
    },
  }
}
