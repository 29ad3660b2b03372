/** What the admin process opens before it listens: its log, its settings, and the installation. */
import { readSettings } from '../config/read-settings.ts'
import { systemClock } from '../lib/clock.ts'
import { readTextFile } from '../lib/files/text-file.ts'
import type { Listen } from '../lib/net/listening.ts'
import { formatProblem, ProblemsError } from '../lib/problem.ts'
import { describeFault } from '../telemetry/describe-fault.ts'
import { createLog, type Log } from '../telemetry/log.ts'
import { openLogSink } from '../telemetry/log-sink.ts'
import { watchFaults } from '../telemetry/watch-faults.ts'
import { type Installation, openInstallation } from './installation.ts'

export type ProcessLog = {
  readonly log: Log
  /** Logs an error without its message, which may quote data of a client, and all problems of files. */
  readonly logFault: (error: unknown, requestId?: string) => void
  /** Resolves when all lines are written. */
  readonly drained: () => Promise<void>
}

/** Opens the log, in the form of the gatekeeper's. An uncaught error is logged, then `onFault` runs. */
export function openProcessLog(onFault: () => void): ProcessLog {
  // A closed stdout or stderr must not end the process.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
  const isTerminal = process.stdout.isTTY === true
  const sink = openLogSink(1, { isGathered: !isTerminal })
  const log = createLog(sink, { plain: isTerminal })
  watchFaults({ log, onFault })
  const logFault = (error: unknown, requestId?: string) => {
    log.error({ requestId, fault: describeFault(error) }, 'fault')
    if (!(error instanceof ProblemsError)) return
    for (const problem of error.problems) log.error({ requestId }, formatProblem(problem))
  }
  return { log, logFault, drained: sink.drained }
}

export type AdminSettings = {
  readonly installation: Installation
  /** Where the gatekeeper hands requests over. */
  readonly listen: Listen
  /** Where Caddy brings the console's requests. */
  readonly consoleListen: Listen
}

type Env = Readonly<Record<string, string | undefined>>

/** Reads the settings as the gatekeeper does. Throws a ProblemsError that lists all problems. */
export function openForAdmin(env: Env, folder: string): AdminSettings {
  const source = { env, folder, platform: process.platform, readFile: readTextFile }
  const { settings, problems } = readSettings(source)
  if (problems.length > 0) throw new ProblemsError(problems)
  const { adminListen: listen, consoleListen } = settings
  if (listen === null || consoleListen === null) throw new ProblemsError([leftOut])
  const deps = { clock: systemClock, readText: readTextFile }
  return { installation: openInstallation(settings, deps), listen, consoleListen }
}

const leftOut = {
  source: 'GATEKEEPER_CONSOLE',
  what: 'is off, or the path of the state folder is too long for a socket',
  remedy: 'Remove the setting to run the admin process, or do not start it.',
}
