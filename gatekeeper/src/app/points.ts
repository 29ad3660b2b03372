/** The applications of the listeners. */
import type Koa from 'koa'
import { explainRequest } from '../explain/explain.ts'
import { answering, createApplication } from '../http/koa.ts'
import { withLateRefusal } from '../http/late-refusal.ts'
import type { PointDeps } from '../http/point.ts'
import { type AdminHealthDeps, adminHealthEndpoints } from '../http/routes/admin-health.ts'
import { adminUserEndpoints } from '../http/routes/admin-users.ts'
import { authEndpoints } from '../http/routes/auth.ts'
import { bridgeEndpoints } from '../http/routes/bridge.ts'
import { countTokensEndpoints } from '../http/routes/count-tokens.ts'
import { oauthEndpoints } from '../http/routes/oauth.ts'
import { openapiEndpoints } from '../http/routes/openapi.ts'
import { type OpsDeps, opsHandlers } from '../http/routes/ops.ts'
import { splitKeyEndpoints } from '../http/routes/split-keys.ts'
import { statusEndpoints } from '../http/routes/status.ts'
import { wellKnownAnswer } from '../http/routes/well-known.ts'
import { createKeyFinder } from '../http/serve/brought-key.ts'
import { createCheck } from '../http/serve/check.ts'
import { createHandOver, type HandOver } from '../http/serve/hand-over.ts'
import type { OwnEndpoints } from '../http/serve/own.ts'
import { createRelay, type RelayDeps } from '../http/serve/relay.ts'
import { createByteBudget } from '../lib/load/byte-budget.ts'
import type { ExplainQuestion, Explanation } from '../model/explanation.ts'
import { limitsAnywhere } from '../policy/policies.ts'
import { createHostTest } from '../policy/route-table.ts'
import { describeFault } from '../telemetry/describe-fault.ts'
import { createReachability } from '../upstreams/reachability.ts'
import { createAbsenceTest } from './absent-rooms.ts'
import { createAdmission } from './admission.ts'
import type { AppDeps } from './app-deps.ts'
import { createAuthorization } from './authorization.ts'
import { controlHandlers } from './control.ts'
import { createDecisionWatch } from './decision-watch.ts'
import { createObserver } from './observer.ts'
import type { Opened } from './open-parts.ts'
import type { Parts } from './part.ts'
import { createPlayground } from './playground.ts'
import { createSiteDocument } from './site-document.ts'

export type Points = {
  readonly check: Koa
  readonly relay: Koa
  readonly ops: Koa
  /** Answers commands of this user, and the admin process, over a socket of their own. */
  readonly control: Koa
  /** Explains what would happen to a request. Sends, charges and logs nothing. */
  readonly explain: (question: ExplainQuestion) => Promise<Explanation>
  /** From now on new requests are refused with `draining`. */
  readonly drain: () => void
  /** The number of requests that are neither refused nor answered yet. */
  readonly running: () => number
}

export function createPoints(deps: AppDeps, opened: Opened, parts: Parts): Points {
  const admission = createAdmission(deps, opened)
  const authorization = createAuthorization(deps, opened, admission.admit)
  const state = { isDraining: false }
  const running = { count: 0 }
  const logFault = (error: unknown, requestId?: string) => {
    deps.log.error({ requestId, fault: describeFault(error) }, 'fault')
    opened.metrics.countFault()
  }
  const observe = createObserver(deps, opened)
  const decisions = createDecisionWatch()
  const point: PointDeps = {
    ...admission.admit,
    edge: deps.secrets.edge,
    onDecided: (decided) => {
      observe(decided)
      decisions.note(decided)
    },
    logFault,
    isDraining: () => state.isDraining,
    isOverloaded: opened.overload.isRefusing,
    beginWork: opened.overload.beginWork,
    clock: deps.clock,
    legacyLimitFields: deps.legacyLimitFields,
    resourceMetadata: authorization.resourceMetadata,
  }
  // Created once, because every request gets them.
  const { proof } = deps.secrets
  const check = { ...point, proof, outcomes: opened.outcomes, frameRefusal: withLateRefusal }
  const health = healthDeps(deps, opened, parts)
  const rooms = { admission, authorization, health }
  const relay = { ...point, ...relayOnly(deps, opened, rooms) }
  const ops = opsDeps(deps, opened, { parts, isDraining: point.isDraining })
  const { findRoute } = admission.admit
  const playground = createPlayground(deps, opened, { findRoute, watchDecision: decisions.watch })
  const explain = (question: ExplainQuestion) => explainRequest(question, admission.explain)
  return {
    check: createApplication([answering(createCheck(check))], logFault, running),
    relay: createApplication([answering(createRelay(relay))], logFault, running),
    ops: createApplication(opsHandlers(ops), logFault),
    control: createApplication(
      controlHandlers(deps, opened, {
        explain,
        health,
        notes: parts.notes,
        playground,
        isDraining: point.isDraining,
      }),
      logFault,
    ),
    explain,
    drain: () => {
      state.isDraining = true
    },
    running: () => running.count,
  }
}

/** What the relay needs beyond the dependencies of both points. */
function relayOnly(
  deps: AppDeps,
  opened: Opened,
  rooms: RelayRooms,
): Omit<RelayDeps, keyof PointDeps> {
  const { settings, services, version, bodies } = deps
  const { upstreams, admin, keys, clients, vault } = opened
  const { admission, authorization } = rooms
  const { join } = vault.splitKeys
  const handOver = createHandOver({ ask: admin.ask, onSilence: admin.reportSilence })
  return {
    forward: upstreams.forward,
    version,
    bodies: createByteBudget(bodies.inFlightBytes),
    createReader: admission.createReader,
    own: ownEndpoints(deps, opened, { ...rooms, handOver }),
    handOver,
    findBroughtKey: createKeyFinder({ join, countFailure: admission.countFailure }),
    isServiceHost: createHostTest(services),
    isAbsent: createAbsenceTest({ settings }, { keys, clients }),
    wellKnown: (path) => wellKnownAnswer(path, authorization.documents),
  }
}

/** The endpoints of our own that this process answers. */
function ownEndpoints(
  deps: AppDeps,
  opened: Opened,
  { admission, authorization, health, handOver }: RelayRooms & { readonly handOver: HandOver },
): OwnEndpoints {
  const { services, policies, clock } = deps
  const { ledger, vault, renameCaller } = opened
  const { splitKeys, reloadSplitKeys: reload } = vault
  const { countFailure } = admission
  const providers = services.filter(({ kind }) => kind.provider).map(({ name }) => name)
  return {
    ...statusEndpoints((principal) =>
      ledger.standings(limitsAnywhere(principal, services, policies)),
    ),
    ...oauthEndpoints(authorization.server),
    ...authEndpoints(authorization.userTokens, clock),
    ...openapiEndpoints(createSiteDocument(deps, opened)),
    ...countTokensEndpoints,
    ...bridgeEndpoints(vault.keyOf),
    ...adminUserEndpoints({ handOver, renameCaller }),
    ...adminHealthEndpoints(health),
    ...splitKeyEndpoints({ splitKeys, providers, handOver, reload, countFailure }),
  }
}

type RelayRooms = {
  readonly admission: ReturnType<typeof createAdmission>
  readonly authorization: ReturnType<typeof createAuthorization>
  readonly health: AdminHealthDeps
}

function healthDeps(
  { services, clock }: AppDeps,
  { vault, pingStore }: Opened,
  parts: Parts,
): AdminHealthDeps {
  const reach = createReachability({ clock })
  return { services, pingStore, keyOf: vault.keyOf, parts: parts.problems, reach }
}

function opsDeps(
  { settings }: AppDeps,
  { metrics }: Opened,
  { parts, isDraining }: { readonly parts: Parts; readonly isDraining: () => boolean },
): OpsDeps {
  return {
    parts: parts.problems,
    notes: parts.notes,
    isDraining,
    renderMetrics: metrics.render,
    metricsToken: settings.metricsToken,
    hosts: settings.sites,
  }
}
