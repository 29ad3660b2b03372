import { describeFault, framesOf } from './describe-fault.ts'
import type { Log } from './log.ts'

/** What happens at a fault that no code of ours caught. */
export type FaultWatch = {
  readonly log: Pick<Log, 'error'>
  /** Ends the process in its own time, and counts. Called for every such fault. */
  readonly onFault: () => void
}

/** One that comes again and again, as from a timer, must not fill a disk while the process drains. */
const loggedMax = 20

/**
 * Watches for errors that nobody caught, thrown ones and promises alike. After one the state of the
 * process is unknown: it is logged with its place, and the process is to end. Returns what stops the
 * watch.
 */
export function watchFaults({ log, onFault }: FaultWatch): () => void {
  let logged = 0
  // Node passes a rejection that nobody handles on as one of these.
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
