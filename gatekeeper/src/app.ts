/**
 * The composition root: what one room needs of another is given to it here, and nowhere else.
 */
import { join } from 'node:path'
import type Koa from 'koa'
import type { FrontSecrets } from './config/front-secrets.ts'
import type { Settings } from './config/read-settings.ts'
import { limitAttempts } from './credentials/attempts.ts'
import { type KeyStore, loadKeyStore } from './credentials/key-store.ts'
import { createApplication } from './http/koa.ts'
import { answerCheck } from './http/routes/check.ts'
import { answerOps } from './http/routes/ops.ts'
import { answerRelay } from './http/routes/relay.ts'
import type { Clock } from './lib/clock.ts'
import type { Rate } from './lib/rate-limiter.ts'
import { checks } from './policy/checks.ts'
import { createRouteTable } from './policy/route-table.ts'
import type { Service } from './policy/service.ts'
import { createServiceNames } from './policy/service-names.ts'
import { logDecision } from './telemetry/decision-log.ts'
import type { Log } from './telemetry/log.ts'
import { createForwarder } from './upstreams/forward.ts'
import { createLedger } from './usage/ledger.ts'

export type AppDeps = {
  readonly settings: Settings
  readonly services: readonly Service[]
  /** How many bad credentials one client address may show. */
  readonly attempts: Rate
  readonly secrets: FrontSecrets
  readonly log: Log
  readonly clock: Clock
  readonly version: string
}

export type App = {
  readonly check: Koa
  readonly relay: Koa
  readonly ops: Koa
  /** From now on new requests are refused as `draining`. */
  readonly drain: () => void
  readonly close: () => Promise<void>
  readonly keys: KeyStore
}

/** The gatekeeper's own endpoints, as a service that every principal may call. */
const own: Service = {
  name: 'gatekeeper',
  kind: 'own',
  aliases: [],
  routes: [{ prefix: '/status', strip: false, mode: 'relay', browser: 'none' }],
  upstream: null,
  timeouts: { connectSeconds: 5, headersSeconds: 5, idleSeconds: 5 },
  keepAlive: false,
  anonymous: false,
  origins: [],
  webSockets: [],
}

/** Wires the service. Rejects with a ProblemsError where a key file is broken. */
export async function createApp(deps: AppDeps): Promise<App> {
  const { settings, services, attempts, secrets, log, clock } = deps
  const keys = await loadKeyStore({
    files: keyFiles(settings),
    known: { serviceNameOf: createServiceNames(services) },
    clock,
    log,
  })
  warnOfMovedRoute(services, keys, log)
  const forwarder = createForwarder(services)
  const ledger = createLedger()
  let isDraining = false
  const logFault = (error: unknown, requestId?: string) =>
    log.error({ requestId, fault: describeFault(error) }, 'fault')
  const point = {
    findRoute: createRouteTable([...services, own]),
    holdsPlainKey: keys.holdsPlain,
    authenticate: limitAttempts(keys.authenticate, { rate: attempts, clock }),
    reserve: ({ principal }: { principal: { id: string } }) => ledger.reserve(principal.id),
    checks,
    edge: secrets.edge,
    logDecision: (decided: Parameters<typeof logDecision>[1]) => logDecision(log, decided),
    logFault,
    isDraining: () => isDraining,
  }
  const ops = { degraded: () => keys.state().degraded, isDraining: point.isDraining }
  return {
    check: createApplication(
      (call) => answerCheck(call, { ...point, proof: secrets.proof }),
      logFault,
    ),
    relay: createApplication(
      (call) => answerRelay(call, { ...point, forward: forwarder.forward, version: deps.version }),
      logFault,
    ),
    ops: createApplication((call) => answerOps(call, ops), logFault),
    drain: () => {
      isDraining = true
    },
    close: async () => {
      keys.close()
      await forwarder.close()
    },
    keys,
  }
}

/** `/v1` is Ollama's own until an edit moves it; then keys that cannot follow lose it. */
function warnOfMovedRoute(services: readonly Service[], keys: KeyStore, log: Log): void {
  const owner = createRouteTable(services)('/v1')?.service.name
  if (owner === undefined || owner === 'ollama') return
  const losing = keys.idsWithOnly('ollama', owner)
  if (losing.length > 0) log.warn({ keys: losing }, `/v1 belongs to ${owner}: these keys lose it`)
}

function keyFiles(settings: Settings): string[] {
  const own = join(settings.keysDir, 'keys.json')
  return settings.apiKeysFile === null ? [own] : [own, settings.apiKeysFile]
}

/** Class, code and place of an error. Its message may quote what a client sent, so it stays out. */
function describeFault(error: unknown) {
  if (!(error instanceof Error)) return { name: typeof error }
  const { code } = error as NodeJS.ErrnoException
  const place = error.stack?.split('\n').find((line) => line.trimStart().startsWith('at '))
  return { name: error.name, code, place: place?.trim() }
}
