/**
 * How the process ends: at a signal, or after a fault that nobody caught. Either way answers under
 * way may end first, all of it in a bounded time.
 */
import type { Server } from 'node:http'
import { drainListeners } from '../http/drain.ts'
import { closeListener } from '../http/listeners.ts'
import { exitCode } from '../lib/problem.ts'
import type { Log } from '../telemetry/log.ts'
import type { App } from './app.ts'

const drainMs = 10_000
/** How long what happened until then may take to be written. */
const recordMs = 3_000

export type Listeners = { readonly serving: readonly Server[]; readonly ops: Server }

export type StopDeps = {
  readonly app: App
  readonly listeners: Listeners
  readonly log: Log
  /** Resolves when the lines of the log are written. */
  readonly drained: () => Promise<void>
}

/** Why the process ends; the audit has it too. */
export type StopCause = 'SIGTERM' | 'SIGINT' | 'fault'

/** Returns what ends the process. The first call counts; a fault after it changes the exit code. */
export function createStop(deps: StopDeps): (cause: StopCause) => void {
  let code: number = exitCode.ok
  let isStopping = false
  return (cause) => {
    if (cause === 'fault') code = exitCode.software
    if (isStopping) return
    isStopping = true
    // A disk that hangs must not keep it for ever: what is not written by then is lost.
    setTimeout(() => process.exit(code || exitCode.unavailable), drainMs + recordMs).unref()
    end(cause, deps).then(
      () => process.exit(code),
      () => process.exit(exitCode.software),
    )
  }
}

async function end(cause: StopCause, { app, listeners, log, drained }: StopDeps): Promise<void> {
  log.info({ signal: cause }, 'stopping')
  app.drain()
  await drainListeners({ ...app, servers: listeners.serving }, drainMs)
  await app
    .recordStop(cause)
    .catch(() => log.error({}, 'the stop could not be recorded in the audit'))
  await app.close()
  // Last, so that whoever asks is told `draining` to the end.
  await closeListener(listeners.ops, 0)
  log.info('stopped')
  await drained()
}
