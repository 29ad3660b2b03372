/**
 * What the process does: settings, listeners, signals, drain. Everything else is in the rooms.
 */
import type { Server } from 'node:http'
import { createServer } from 'node:net'
import { resolve } from 'node:path'
import { writeServiceBlocks } from '../config/blocks/service-blocks.ts'
import { writeFrontEnvironment } from '../config/front-environment.ts'
import { type FrontSecrets, loadFrontSecrets } from '../config/front-secrets.ts'
import type { Gateway } from '../config/gateway-file.ts'
import type { Listen } from '../config/listen.ts'
import { loadGateway } from '../config/load-gateway.ts'
import { readSettings, type Settings } from '../config/read-settings.ts'
import { createListener, listenOn } from '../http/listeners.ts'
import { systemClock } from '../lib/clock.ts'
import { readTextFile } from '../lib/files/text-file.ts'
import { exitCode, formatProblem, type Problem, ProblemsError } from '../lib/problem.ts'
import { scrubKeys } from '../model/key-shape.ts'
import { routeText, type Service } from '../model/service.ts'
import { type FaultCount, openFaultCount } from '../telemetry/fault-count.ts'
import { createLog } from '../telemetry/log.ts'
import { openLogSink } from '../telemetry/log-sink.ts'
import { watchFaults } from '../telemetry/watch-faults.ts'
import type { JournalThread } from '../usage/journal/sqlite/journal-thread.ts'
import { type App, createApp } from './app.ts'
import { packageFolder, version } from './own-package.ts'
import { createStop, type Listeners, type StopCause } from './stop.ts'

const readText = readTextFile
const isTerminal = process.stdout.isTTY === true
const sink = openLogSink(1, { isGathered: !isTerminal })
const log = createLog(sink, { plain: isTerminal })

/** Writes every problem for a person and ends the process. */
function stopWith(problems: readonly Problem[], code: number): never {
  for (const problem of problems) {
    // As every line of the log: a file that is broken around a key must not put it there.
    process.stderr.write(`gatekeeper: ${scrubKeys(formatProblem(problem))}\n`)
  }
  process.exit(code)
}

type Configuration = Omit<Gateway, 'problems' | 'warnings'> & { readonly settings: Settings }

function configure(env: NodeJS.ProcessEnv): Configuration {
  const { settings, problems } = readSettings({
    env,
    folder: resolve(packageFolder, '..'),
    platform: process.platform,
    readFile: readText,
  })
  const gateway = loadGateway(settings, readText)
  const all = [...problems, ...gateway.problems]
  if (all.length > 0) stopWith(all, exitCode.config)
  for (const warning of gateway.warnings) log.warn(formatProblem(warning))
  return { ...gateway, settings }
}

function openState({ settings, services }: Configuration): FrontSecrets {
  try {
    const secrets = loadFrontSecrets(settings.stateDir)
    writeFrontEnvironment(settings)
    writeServiceBlocks(settings, services)
    return secrets
  } catch (error) {
    const what = `cannot be used: ${(error as Error).message}`
    const uid = process.getuid?.()
    const remedy = `Make the state folder writable for this user${uid === undefined ? '' : ` (uid ${uid})`}, with space left on its disk.`
    return stopWith([{ source: settings.stateDir, what, remedy }], exitCode.config)
  }
}

type Composed = { readonly thread: JournalThread; readonly faults: FaultCount }

async function compose(configuration: Configuration, { thread, faults }: Composed): Promise<App> {
  const secrets = openState(configuration)
  try {
    return await createApp({
      ...{ ...configuration, secrets, log, clock: systemClock, version },
      ...{ journalThread: thread, processFaults: faults.total },
    })
  } catch (error) {
    if (error instanceof ProblemsError) return stopWith(error.problems, exitCode.config)
    throw error
  }
}

async function listenAll(app: App, settings: Settings): Promise<Listeners> {
  const listener = (koa: App['relay']) =>
    createListener(koa.callback(), (code) => log.warn({ code }, 'malformed request'))
  const [check, relay, ops] = [listener(app.check), listener(app.relay), listener(app.ops)]
  const parts: [string, Server, Listen][] = [
    ['GATEKEEPER_CHECK_LISTEN', check, settings.checkListen],
    ['GATEKEEPER_RELAY_LISTEN', relay, settings.relayListen],
    ['GATEKEEPER_OPS_LISTEN', ops, settings.opsListen],
  ]
  for (const [name, server, listen] of parts) {
    await listenOn(server, listen).catch((error: NodeJS.ErrnoException) => {
      const place = listen.kind === 'unix' ? listen.path : `${listen.host}:${listen.port}`
      const what = `cannot listen on ${place} (${error.code ?? error.message})`
      const remedy = 'Is another gatekeeper running there? Stop it, or set this variable.'
      stopWith([{ source: name, what, remedy }], exitCode.unavailable)
    })
  }
  await listenForQuestions(listener(app.explanations), settings)
  await listenForOutcomes(app, settings)
  return { serving: [check, relay], ops }
}

/** Nothing depends on it: where it cannot be, `npm run explain` works without `--live`. */
async function listenForQuestions(server: Server, { explainListen }: Settings): Promise<void> {
  // It must not keep the process.
  server.unref()
  if (explainListen === null) return
  await listenOn(server, explainListen, 0o600).catch((error: NodeJS.ErrnoException) =>
    log.warn({ code: error.code }, 'explain --live cannot be asked'),
  )
}

/** Nothing depends on it either: without it the records do not know how checked requests ended. */
async function listenForOutcomes(app: App, { outcomesListen }: Settings): Promise<void> {
  if (outcomesListen === null) return
  const server = createServer(app.acceptOutcomes)
  server.unref()
  server.on('error', () => {})
  await listenOn(server, outcomesListen).catch((error: NodeJS.ErrnoException) =>
    log.warn({ code: error.code }, 'how checked requests end cannot be recorded'),
  )
}

type FaultEnd = { end: () => void; count: FaultCount | null }

/** Until there is something to drain, a fault that nobody caught ends the process at once. */
function watchProcess(): FaultEnd {
  // A reader that left is no reason to end.
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

function stopOnSignals(app: App, stop: (cause: StopCause) => void): void {
  process.on('SIGTERM', () => stop('SIGTERM'))
  process.on('SIGINT', () => stop('SIGINT'))
  process.on('SIGHUP', () => void app.keys.reload())
}

export type ServeDeps = {
  readonly env: NodeJS.ProcessEnv
  /** The journal's, which loads meanwhile. */
  readonly journalThread: JournalThread
}

/**
 * Without its thread the journal writes nothing any more, and nothing starts another one in this
 * process: that is a fault that nobody caught, as if it were the process's own.
 */
function endWith(thread: JournalThread): void {
  void thread.died.then((cause) => {
    throw cause
  })
}

/** Resolves when requests are answered. What is wrong before ends the process. */
export async function serve({ env, journalThread }: ServeDeps): Promise<void> {
  const faults = watchProcess()
  endWith(journalThread)
  const configuration = configure(env)
  const { settings, services } = configuration
  faults.count = openFaultCount(settings.stateDir)
  const app = await compose(configuration, { thread: journalThread, faults: faults.count })
  const listeners = await listenAll(app, settings)
  const stop = createStop({ app, listeners, log, drained: sink.drained })
  faults.end = () => stop('fault')
  stopOnSignals(app, stop)
  await app.recordStart().catch(() => log.error({}, 'this start could not be recorded'))
  log.info(
    { version, keys: app.keys.state().keys, routes: describeRoutes(services) },
    'gatekeeper ready',
  )
  sink.flush()
}

function describeRoutes(all: readonly Service[]): Record<string, string[]> {
  return Object.fromEntries(
    all.map(({ name, routes }) => [
      name,
      routes.map((route) => `${route.mode} ${routeText(route)}`),
    ]),
  )
}
