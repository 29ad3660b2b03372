/** Runs the process from its start until it serves, and handles what ends it. */
import { systemClock } from '../lib/clock.ts'
import { exitCode, ProblemsError } from '../lib/problem.ts'
import { routeText, type Service } from '../model/service.ts'
import { type FaultCount, openFaultCount } from '../telemetry/fault-count.ts'
import { watchFaults } from '../telemetry/watch-faults.ts'
import type { JournalThread } from '../usage/journal/sqlite/journal-thread.ts'
import { type App, createApp } from './app.ts'
import { type Configuration, configure, openState, stopWith } from './configure.ts'
import { listenAll } from './listen.ts'
import { version } from './own-package.ts'
import { openProcessLog } from './process-log.ts'
import { createStop, type StopCause } from './stop.ts'

const processLog = openProcessLog()
const { log } = processLog

export type ServeDeps = {
  readonly env: NodeJS.ProcessEnv
  /** The journal's thread, which loads meanwhile. */
  readonly journalThread: JournalThread
}

/** Resolves when requests are answered. A problem before that ends the process. */
export async function serve({ env, journalThread }: ServeDeps): Promise<void> {
  const faults = watchProcess()
  endWith(journalThread)
  const configuration = configure(env, processLog)
  const { settings, services } = configuration
  faults.count = openFaultCount(settings.stateDir)
  const app = await compose(configuration, { journalThread, processFaults: faults.count.total })
  const listeners = await listenAll(app, settings, log)
  const stop = createStop({ app, listeners, log, drained: processLog.drained })
  faults.end = () => stop('fault')
  stopOnSignals(app, stop)
  await app.recordStart().catch(() => log.error({}, 'the start could not be recorded in the audit'))
  const { keys } = app.keys.state()
  log.info({ version, keys, routes: describeRoutes(services) }, 'gatekeeper ready')
  processLog.flush()
}

type FaultEnd = { end: () => void; count: FaultCount | null }

/** Until there are answers to finish, an uncaught fault ends the process at once. */
function watchProcess(): FaultEnd {
  // A closed stdout or stderr must not end the process.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
  const faults: FaultEnd = { end: () => process.exit(exitCode.software), count: null }
  watchFaults({
    log,
    onFault: () => {
      faults.count?.add()
      faults.end()
    },
  })
  return faults
}

/**
 * If the journal's thread ends, nothing is written any more and nothing restarts it, so this counts
 * as an uncaught fault of the process.
 */
function endWith(thread: JournalThread): void {
  void thread.died.then((cause) => {
    throw cause
  })
}

type Process = { readonly journalThread: JournalThread; readonly processFaults: () => number }

async function compose(configuration: Configuration, own: Process): Promise<App> {
  const secrets = openState(configuration)
  try {
    return await createApp({ ...configuration, ...own, secrets, log, clock: systemClock, version })
  } catch (error) {
    if (error instanceof ProblemsError) return stopWith(error.problems, exitCode.config)
    throw error
  }
}

function stopOnSignals(app: App, stop: (cause: StopCause) => void): void {
  process.on('SIGTERM', () => stop('SIGTERM'))
  process.on('SIGINT', () => stop('SIGINT'))
  process.on('SIGHUP', () => void app.keys.reload())
}

function describeRoutes(all: readonly Service[]): Record<string, string[]> {
  return Object.fromEntries(
    all.map(({ name, routes }) => [
      name,
      routes.map((route) => `${route.mode} ${routeText(route)}`),
    ]),
  )
}
