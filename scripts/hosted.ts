/**
 * The entry of the hosted image (deploy/hosted): the gatekeeper and Caddy in one container, at a
 * platform that ends TLS in front of them. Ends when either of the two ends, so that the platform
 * starts the container again. The admin process is not in this image.
 */
import { resolve } from 'node:path'
import { exitCode, formatProblem } from '../gatekeeper/src/lib/problem.ts'
import { findCaddyTimeouts } from './caddy/caddy-timeouts.ts'
import { runCommand } from './caddy/run-command.ts'
import { planGatekeeperNode } from './start/gatekeeper-node.ts'
import { createLauncherLog } from './start/launcher-log.ts'
import { planCaddy, planGatekeeper } from './start/plans.ts'
import { prepareWidget } from './start/prepare-widget.ts'
import { findPublicName } from './start/public-name.ts'
import { type Configuration, readConfiguration } from './start/read-configuration.ts'
import { StartError } from './start/start-error.ts'
import { openStateFolder } from './start/state-folder.ts'
import { createSupervisor, type Death } from './start/supervise.ts'
import { siteOf, waitForFront, waitForGatekeeper } from './start/wait-until-ready.ts'

const root = resolve(import.meta.dirname, '..')
const readySecondsMax = 60
/** The services behind it stand in gatekeeper.yaml; nothing is looked for at this machine. */
const upstreams = { ollamaUrl: null, litellmUrl: null, demo: null, notes: [] }
const log = createLauncherLog({
  out: (text) => void process.stdout.write(text),
  // Platforms show stderr as errors.
  err: (text) => void process.stdout.write(text),
  isTerminal: false,
})
const supervisor = createSupervisor({ onDeath: (death) => void endAfter(death), onRestart() {} })
let isEnding = false

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void end(exitCode.ok))

try {
  await start()
} catch (error) {
  if (!isEnding) await endAfterFailure(error)
}

async function start(): Promise<void> {
  const configuration = readConfiguration(root, withName(process.env))
  const { settings, warnings } = configuration
  for (const warning of warnings) log.complain(formatProblem(warning))
  refuseOtherModes(configuration)
  await openStateFolder(settings.stateDir)
  const node = planGatekeeperNode(root)
  supervisor.start(planGatekeeper(root, configuration, { upstreams, node }))
  if (!(await waitForGatekeeper(settings.opsListen, readySecondsMax))) throw late('The gatekeeper')
  const path = settings.caddy ?? 'caddy'
  const timeouts = await findCaddyTimeouts(path)
  const surroundings = { path, timeouts, ollamaUrl: null, isTerminal: false }
  supervisor.start(planCaddy(root, configuration, surroundings))
  if (!(await waitForFront(settings, readySecondsMax))) throw late('Caddy')
  await announce(configuration)
}

/** The name that the platform gave us, unless the operator names another one. */
function withName(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const name = findPublicName(env)
  return name === null || env['GATEKEEPER_SITE'] ? env : { ...env, GATEKEEPER_SITE: name }
}

function refuseOtherModes({ settings }: Configuration): void {
  if (settings.platform === null) {
    const remedy = 'Set it to platform; npm start and Docker Compose are for all other places.'
    throw refuse('GATEKEEPER_TLS', 'is not set, and this image never ends TLS', remedy)
  }
  if (settings.adminListen !== null) {
    const remedy = 'Remove it; the console needs npm start or Docker Compose.'
    throw refuse('GATEKEEPER_CONSOLE', 'is on, and this image has no console', remedy)
  }
}

function refuse(source: string, what: string, remedy: string): StartError {
  return new StartError([{ source, what, remedy }], exitCode.config)
}

function late(source: string): StartError {
  const what = `was not ready within ${readySecondsMax} seconds`
  return new StartError([{ source, what, remedy: 'Its log is above.' }], exitCode.software)
}

/** Prints the address, and the lines for a page. */
async function announce({ settings, services }: Configuration): Promise<void> {
  const gateway = `https://${siteOf(settings)}`
  const lines = await prepareWidget(root, { services, gateway, run: runCommand })
  process.stdout.write(`${lines.join('\n')}\n`)
  log.ready(gateway, [])
}

async function endAfter({ name, how, exitCode: code }: Death): Promise<void> {
  log.complain(`${name} ended (${how}), so everything stops`)
  await end(code === exitCode.config ? code : exitCode.software)
}

async function endAfterFailure(error: unknown): Promise<void> {
  if (!(error instanceof StartError)) {
    log.complain(`the start failed: ${error instanceof Error ? error.stack : error}`)
    return await end(exitCode.software)
  }
  log.complain(error.problems.map(formatProblem).join('\n'))
  await end(error.exitCode)
}

/** Stops Caddy first, then the gatekeeper, each within its time for open answers. */
async function end(code: number): Promise<void> {
  if (isEnding) return
  isEnding = true
  await supervisor.stop()
  process.exit(code)
}
