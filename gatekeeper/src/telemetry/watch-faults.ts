import { describeFault, framesOf } from './describe-fault.ts'
import type { Log } from './log.ts'

/** The reaction to uncaught errors. */
export type FaultWatch = {
  readonly log: Pick<Log, 'error'>
  /** Ends the process gracefully, and counts. Called for every such error. */
  readonly onFault: () => void
}

/** A repeated error, as from a timer, must not fill a disk while the process drains. */
const loggedMax = 20

/**
 * Watches for uncaught errors and unhandled rejections. Afterwards the state of the process is
 * unknown: the error is logged with its place, and the process must end. Returns a function that
 * stops the watch.
 */
export function watchFaults({ log, onFault }: FaultWatch): () => void {
  let logged = 0
  // Node reports an unhandled rejection as one of these.
  const onError = (error: unknown, origin: string) => {
    if (logged++ < loggedMax) {
      const fault = { ...describeFault(error), frames: framesOf(error) }
      log.error({ origin, fault }, 'uncaught error: the process exits')
    }
    onFault()
  }
  process.on('uncaughtException', onError)
  return () => process.off('uncaughtException', onError)
}
