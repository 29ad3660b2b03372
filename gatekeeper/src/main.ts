/**
 * The process: environment, listeners, signals, drain. Everything else is in the rooms.
 */
import { readFileSync } from 'node:fs'
import type { Server } from 'node:http'
import { resolve } from 'node:path'
import pino from 'pino'
import { type App, createApp } from './app.ts'
import { type FrontSecrets, loadFrontSecrets } from './config/front-secrets.ts'
import type { Gateway } from './config/gateway-file.ts'
import type { Listen } from './config/listen.ts'
import { loadGateway } from './config/load-gateway.ts'
import { readSettings, type Settings } from './config/read-settings.ts'
import { closeListener, createListener, listenOn } from './http/listeners.ts'
import { systemClock } from './lib/clock.ts'
import { exitCode, formatProblem, type Problem, ProblemsError } from './lib/problem.ts'
import type { Service } from './policy/service.ts'
import { createLog } from './telemetry/log.ts'
import { version } from './version.ts'

const drainMs = 10_000

const readText = (path: string) => readFileSync(path, 'utf8')
const sink = pino.destination({ dest: 1, sync: false })
const log = createLog(sink, { plain: process.stdout.isTTY === true })

/** Writes every problem for a person and ends the process. */
function stopWith(problems: readonly Problem[], code: number): never {
  for (const problem of problems) process.stderr.write(`gatekeeper: ${formatProblem(problem)}\n`)
  process.exit(code)
}

type Configuration = Pick<Gateway, 'services' | 'attempts'> & { readonly settings: Settings }

function configure(): Configuration {
  const { settings, problems } = readSettings({
    env: process.env,
    folder: resolve(import.meta.dirname, '../..'),
    platform: process.platform,
    readFile: readText,
  })
  const gateway = loadGateway(settings, readText)
  const all = [...problems, ...gateway.problems]
  if (all.length > 0) stopWith(all, exitCode.config)
  for (const warning of gateway.warnings) log.warn(formatProblem(warning))
  return { ...gateway, settings }
}

function openState(settings: Settings): FrontSecrets {
  try {
    return loadFrontSecrets(settings.stateDir)
  } catch (error) {
    const what = `cannot be used: ${(error as Error).message}`
    const remedy = 'Make the state folder writable for this user, with space left on its disk.'
    return stopWith([{ source: settings.stateDir, what, remedy }], exitCode.config)
  }
}

async function compose(configuration: Configuration): Promise<App> {
  const secrets = openState(configuration.settings)
  try {
    return await createApp({ ...configuration, secrets, log, clock: systemClock, version })
  } catch (error) {
    if (error instanceof ProblemsError) return stopWith(error.problems, exitCode.config)
    throw error
  }
}

async function listenAll(app: App, settings: Settings): Promise<Server[]> {
  const listener = (koa: App['relay']) =>
    createListener(koa.callback(), (code) => log.warn({ code }, 'malformed request'))
  const parts: [string, Server, Listen][] = [
    ['GATEKEEPER_CHECK_LISTEN', listener(app.check), settings.checkListen],
    ['GATEKEEPER_RELAY_LISTEN', listener(app.relay), settings.relayListen],
    ['GATEKEEPER_OPS_LISTEN', listener(app.ops), settings.opsListen],
  ]
  for (const [name, server, listen] of parts) {
    await listenOn(server, listen).catch((error: NodeJS.ErrnoException) => {
      const place = listen.kind === 'unix' ? listen.path : `${listen.host}:${listen.port}`
      const what = `cannot listen on ${place} (${error.code ?? error.message})`
      const remedy = 'Is another gatekeeper running there? Stop it, or set this variable.'
      stopWith([{ source: name, what, remedy }], exitCode.unavailable)
    })
  }
  return parts.map(([, server]) => server)
}

function stopOnSignals(app: App, servers: readonly Server[]): void {
  let isStopping = false
  const stop = async (signal: string) => {
    if (isStopping) return
    isStopping = true
    log.info({ signal }, 'stopping')
    app.drain()
    await Promise.all(servers.map((server) => closeListener(server, drainMs)))
    await app.close()
    log.info('stopped')
    sink.flushSync()
    process.exit(exitCode.ok)
  }
  process.on('SIGTERM', () => void stop('SIGTERM'))
  process.on('SIGINT', () => void stop('SIGINT'))
  process.on('SIGHUP', () => void app.keys.reload())
}

const configuration = configure()
const { settings, services } = configuration
const app = await compose(configuration)
const servers = await listenAll(app, settings)
stopOnSignals(app, servers)
log.info(
  { version, keys: app.keys.state().keys, routes: describeRoutes(services) },
  'gatekeeper ready',
)

function describeRoutes(all: readonly Service[]): Record<string, string[]> {
  return Object.fromEntries(
    all.map(({ name, routes }) => [name, routes.map(({ prefix, mode }) => `${mode} ${prefix}`)]),
  )
}
