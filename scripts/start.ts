/**
 * `npm start`: from a fresh clone to a guarded model server. First checks everything that can be
 * wrong; then starts the gatekeeper, then Caddy, and prints `ready` once a request goes through
 * both. Stops both in order at a signal. Restarts either when it dies; when that does not help,
 * it stops everything. `npm run dev` is the same with `--dev`: the gatekeeper restarts when one of
 * its source files changes.
 */
import { resolve } from 'node:path'
import { isInternalName } from '../gatekeeper/src/config/front-environment.ts'
import type { Settings } from '../gatekeeper/src/config/read-settings.ts'
import { systemClock } from '../gatekeeper/src/lib/clock.ts'
import { exitCode, formatProblem, ProblemsError } from '../gatekeeper/src/lib/problem.ts'
import { findCaddyTimeouts } from './caddy/caddy-timeouts.ts'
import { type Caddy, findCaddy } from './caddy/find-caddy.ts'
import { runCommand } from './caddy/run-command.ts'
import { startDemoUpstream } from './demo/demo-upstream.ts'
import { buildPages } from './start/build-pages.ts'
import { checkPlaces } from './start/check-places.ts'
import { chooseUpstreams, probeUpstream, type Upstreams } from './start/choose-upstreams.ts'
import { findModel } from './start/find-model.ts'
import { makeFirstKey } from './start/first-key.ts'
import { planGatekeeperNode } from './start/gatekeeper-node.ts'
import { createLauncherLog } from './start/launcher-log.ts'
import { addKeyCommand, baseUrlOf, writeNextSteps } from './start/next-steps.ts'
import { planAdmin, planCaddy, planGatekeeper } from './start/plans.ts'
import { prepareWidget } from './start/prepare-widget.ts'
import { type Configuration, readConfiguration } from './start/read-configuration.ts'
import { StartError } from './start/start-error.ts'
import { notePids, openStateFolder } from './start/state-folder.ts'
import { createSignalCounter } from './start/stop-signals.ts'
import { createSupervisor, type Death, restartsMax } from './start/supervise.ts'
import * as ready from './start/wait-until-ready.ts'

const root = resolve(import.meta.dirname, '..')
const gatekeeperSecondsMax = 15
const frontSecondsMax = 20
const isWatching = process.argv.includes('--dev')
const withoutAdmin =
  'answered with 503 without it: /admin, /analytics, /api/split-key (docs/errors.md)'
const isTerminal = process.stdout.isTTY === true
const log = createLauncherLog({
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  isTerminal,
})
const supervisor = createSupervisor({
  onDeath: (death) => void (death.isOptional ? reportLoss(death) : endAfterDeath(death)),
  onRestart: (death) => void reportRestart(death),
})
let isReady = false
let noteParts = (): Promise<void> => Promise.resolve()
let isEnding = false

// A closed terminal, or a reader that left, must not turn the drain into a crash.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})

const onSignal = createSignalCounter(
  {
    onFirst: () => void drain(),
    onSecond: () => {
      log.complain('second signal: stopping now')
      supervisor.kill()
      process.exit(exitCode.software)
    },
  },
  systemClock,
)
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal)

try {
  await start()
} catch (error) {
  if (!isEnding) await endAfterFailure(error)
}

async function start(): Promise<void> {
  const configuration = readConfiguration(root, process.env)
  const { settings, services, warnings } = configuration
  for (const warning of warnings) log.complain(formatProblem(warning))
  await openStateFolder(settings.stateDir)
  await checkPlaces(settings, say('left-over'))
  const caddy = await requireCaddy(settings)
  const upstreams = await chooseUpstreams(settings, services, {
    probe: probeUpstream,
    // It keeps no requests: only tests read them, and bodies are large.
    startDemo: async () => await startDemoUpstream({ keepMax: 0 }),
    isTerminal,
  })
  for (const note of upstreams.notes) log.say('upstream', note)
  const key = await provideKey(configuration)
  await startParts(configuration, { caddy, upstreams })
  noteParts = () => notePids(settings.stateDir, [process.pid, ...supervisor.pids()])
  await noteParts()
  isReady = true
  supervisor.keepUp()
  await announce(configuration, { upstreams, key })
  await startAdmin(configuration)
}

/** Last: requests do not wait for it, and it does not slow the first ones down. */
async function startAdmin(configuration: Configuration): Promise<void> {
  if (isEnding) return
  const { settings } = configuration
  if (settings.adminListen === null) {
    return log.complain(`the admin process is left out (GATEKEEPER_CONSOLE=off); ${withoutAdmin}`)
  }
  const unbuilt = await buildPages(root, runCommand)
  if (unbuilt !== null) {
    log.complain(`the console's pages are not built (${unbuilt}); its API and all else work`)
  }
  if (isEnding) return
  const node = planGatekeeperNode(root, { isWatching, program: 'admin' })
  supervisor.start(planAdmin(root, configuration, node))
  await noteParts()
  try {
    // Not before: it loads the database of the console.
    const { announceConsole } = await import('./start/open-console.ts')
    await announceConsole(settings, log)
  } catch (error) {
    // The gateway works; a fault here must not end it.
    if (!isEnding) log.complain(`the console is not set up: ${(error as Error).message}`)
  }
}

function say(event: string): (text: string) => void {
  return (text) => log.say(event, text)
}

async function requireCaddy({ caddy, stateDir }: Settings): Promise<Caddy> {
  const found = await findCaddy({ caddy, stateDir, log: say('caddy') })
  if ('problem' in found) throw new StartError([found.problem], found.exitCode)
  log.say('caddy', `Caddy ${found.version}: ${found.path}`)
  return found
}

/** Without a terminal no key is made: it would get into a log. */
async function provideKey(configuration: Configuration): Promise<string | null> {
  const made = await makeFirstKey(configuration, { isTerminal, clock: systemClock })
  if (made.state === 'made') log.say('key', `your first key, shown only now: ${made.key}`)
  if (made.state === 'none') {
    log.say('no-keys', `there is no key yet; make one with: ${addKeyCommand}`, {
      command: addKeyCommand,
    })
  }
  return made.state === 'made' ? made.key : null
}

async function startParts(
  configuration: Configuration,
  { caddy, upstreams }: { readonly caddy: Caddy; readonly upstreams: Upstreams },
): Promise<void> {
  const { settings } = configuration
  const node = planGatekeeperNode(root, { isWatching })
  supervisor.start(planGatekeeper(root, configuration, { upstreams, node }))
  if (!(await ready.waitForGatekeeper(settings.opsListen, gatekeeperSecondsMax))) {
    throw notReady('The gatekeeper', gatekeeperSecondsMax)
  }
  const { path } = caddy
  const { ollamaUrl } = upstreams
  const timeouts = await findCaddyTimeouts(path)
  supervisor.start(planCaddy(root, configuration, { path, timeouts, ollamaUrl, isTerminal }))
  while (!(await ready.waitForFront(settings, frontSecondsMax))) {
    // A public certificate can take a while; Caddy's log says what it is waiting for.
    if (isInternalName(ready.siteOf(settings))) throw notReady('Caddy', frontSecondsMax)
    log.say('waiting', `no certificate for ${ready.siteOf(settings)} yet; Caddy keeps trying`)
  }
}

function notReady(source: string, seconds: number): StartError {
  const what = `was not ready within ${seconds} seconds`
  return new StartError([{ source, what, remedy: 'Its log is above.' }], exitCode.software)
}

async function announce(
  { settings, services }: Configuration,
  { upstreams, key }: { readonly upstreams: Upstreams; readonly key: string | null },
): Promise<void> {
  const place = { site: ready.siteOf(settings), port: settings.httpsPort }
  const model = isTerminal
    ? await findModel({ ...upstreams, litellmKey: settings.litellmMasterKey })
    : null
  const widget = await prepareWidget(root, {
    ...{ services, gateway: baseUrlOf(place), run: runCommand },
  })
  // A terminal gets the lines among the next steps.
  if (!isTerminal && widget.length > 0)
    log.say('widget', widget.map((line) => line.trim()).join(' '))
  const steps = writeNextSteps({
    ...place,
    address: ready.reachableHost(settings.bind),
    caFile: isInternalName(place.site) ? ready.caFileOf(settings) : null,
    services,
    model,
    key,
    widget,
  })
  log.ready(`${baseUrlOf(place)}${upstreams.demo === null ? '' : ' (demonstration)'}`, steps)
}

async function drain(): Promise<void> {
  isEnding = true
  if (isReady)
    log.say('stopping', 'stopping: waiting for open answers; a second signal ends at once')
  await supervisor.stop()
  log.say('stopped', 'stopped')
  process.exit(exitCode.ok)
}

/** Without the gatekeeper Caddy refuses everything; without Caddy nothing can be reached. */
async function reportRestart({ name, how, restarts }: Death): Promise<void> {
  log.complain(
    `${name} ended (${how}) and was started again (${restarts} of ${restartsMax} times in a minute)`,
  )
  // Only for the next start, which would name the running processes.
  await noteParts().catch(() => {})
}

/** Everything else goes on without the admin process. */
function reportLoss({ name, how }: Death): void {
  log.complain(`${name} ended (${how}) and is not started again: see its log; ${withoutAdmin}`)
}

/** Exit codes of a part about settings and ports are passed on; every other one is a fault of ours. */
async function endAfterDeath(death: Death): Promise<void> {
  isEnding = true
  log.complain(`${death.name} ended (${death.how})${describeFailure(death)}, so everything stops`)
  await supervisor.stop()
  const { exitCode: code } = death
  const isSaidOn = code === exitCode.config || (!isReady && code === exitCode.unavailable)
  process.exit(isSaidOn ? code : exitCode.software)
}

function describeFailure({ exitCode: code, restarts }: Death): string {
  if (!isReady) return ''
  if (code === exitCode.config) return ': a setting or file is wrong, see its log above'
  return ` after ${restarts} restarts within a minute: see its log above`
}

async function endAfterFailure(error: unknown): Promise<void> {
  isEnding = true
  const isExpected = error instanceof StartError || error instanceof ProblemsError
  if (isExpected) log.complain(error.problems.map(formatProblem).join('\n'))
  else log.complain(`the start failed: ${error instanceof Error ? error.stack : error}`)
  await supervisor.stop()
  const fallback = isExpected ? exitCode.config : exitCode.software
  process.exit(error instanceof StartError ? error.exitCode : fallback)
}
