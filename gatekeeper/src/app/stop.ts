/**
 * Ends the process after a signal or an uncaught fault. In both cases answers in progress may
 * finish, all within a time limit.
 */
import type { Server } from 'node:http'
import { drainListeners } from '../http/drain.ts'
import { closeListener } from '../lib/net/listening.ts'
import { exitCode } from '../lib/problem.ts'
import type { Log } from '../telemetry/log.ts'
import type { App } from './app.ts'

const drainMs = 10_000
/** How long writing the last records may take. */
const recordMs = 3_000

export type Listeners = { readonly serving: readonly Server[]; readonly ops: Server }

export type StopDeps = {
  readonly app: App
  readonly listeners: Listeners
  readonly log: Log
  /** Resolves when the lines of the log are written. */
  readonly drained: () => Promise<void>
}

/** Why the process ends; the audit records it too. */
export type StopCause = 'SIGTERM' | 'SIGINT' | 'fault'

/**
 * Returns what ends the process. The first call counts; a later fault changes the exit code only.
 */
export function createStop(deps: StopDeps): (cause: StopCause) => void {
  let code: number = exitCode.ok
  let isStopping = false
  return (cause) => {
    if (cause === 'fault') code = exitCode.software
    if (isStopping) return
    isStopping = true
    // If the disk hangs, the process ends anyway, and unwritten records are lost.
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
  // Closed last, so that `/readyz` answers `draining` until the end.
  await closeListener(listeners.ops, 0)
  log.info('stopped')
  await drained()
}
