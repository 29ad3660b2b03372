/**
 * The composition root: what one room needs of another is given to it here, and nowhere else.
 */
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import type Koa from 'koa'
import { limitReaders, limitVisitors } from '../admission/address-limits.ts'
import type { AdmitDeps } from '../admission/admit.ts'
import { inOrder, refuseUnrecorded } from '../admission/reserve.ts'
import type { KeySetChange } from '../api-keys/key-set-change.ts'
import { type KeyStore, loadKeyStore } from '../api-keys/key-store.ts'
import type { AuditRules } from '../audit/auditor.ts'
import type { FrontSecrets } from '../config/front-secrets.ts'
import type { Settings } from '../config/read-settings.ts'
import type { IssuerSettings } from '../config/resolve-issuers.ts'
import { type ExplainQuestion, type Explanation, explainRequest } from '../explain/explain.ts'
import { createApplication } from '../http/koa.ts'
import { withLateRefusal } from '../http/late-refusal.ts'
import { createOutcomes } from '../http/outcomes/outcomes.ts'
import { answerCheck } from '../http/routes/check.ts'
import { countTokensEndpoints } from '../http/routes/count-tokens.ts'
import { answerExplain } from '../http/routes/explain.ts'
import { oauthEndpoints } from '../http/routes/oauth.ts'
import { answerOps, type PartProblems } from '../http/routes/ops.ts'
import { answerRelay } from '../http/routes/relay.ts'
import { statusEndpoints } from '../http/routes/status.ts'
import { wellKnownAnswer } from '../http/routes/well-known.ts'
import { own as ownKind } from '../kinds/own/own.ts'
import type { Clock } from '../lib/clock.ts'
import { createByteBudget } from '../lib/load/byte-budget.ts'
import {
  createOverloadGate,
  type OverloadGate,
  type OverloadRules,
  systemLoop,
} from '../lib/load/overload-gate.ts'
import type { Rate } from '../lib/load/rate-limiter.ts'
import type { Problem } from '../lib/problem.ts'
import { systemTimers } from '../lib/timers.ts'
import type { Admission } from '../model/admission.ts'
import type { BodyFacts, RequestFacts } from '../model/facts.ts'
import type { ScopedLimit } from '../model/limit.ts'
import type { Principal } from '../model/principal.ts'
import { accountOf, type Service } from '../model/service.ts'
import { oauthPaths } from '../oauth/metadata.ts'
import { checks } from '../policy/checks.ts'
import { limitsOf, type Policies } from '../policy/policies.ts'
import { createHostTest, createRouteTable } from '../policy/route-table.ts'
import { createKnownServices } from '../policy/service-names.ts'
import { createServiceQueues } from '../scheduler/service-queues.ts'
import {
  type Decided,
  type DescribedDecision,
  describeDecision,
  logDecision,
} from '../telemetry/decision-log.ts'
import { describeFault } from '../telemetry/describe-fault.ts'
import type { Log } from '../telemetry/log.ts'
import { createMetrics } from '../telemetry/metrics.ts'
import { type CertificateFaults, createCertificateFaults } from '../upstreams/certificate-faults.ts'
import { createForwarder } from '../upstreams/forward.ts'
import { createAnswerReader } from '../usage/answer-reader.ts'
import type { JournalEvent } from '../usage/journal/commit-queue.ts'
import type { JournalThread } from '../usage/journal/sqlite/journal-thread.ts'
import { createSqliteJournal } from '../usage/journal/sqlite/sqlite-journal.ts'
import type { UsageJournal } from '../usage/journal/usage-journal.ts'
import { createLedger } from '../usage/ledger/ledger.ts'
import { costOf, createPriceLists } from '../usage/pricing.ts'
import { createResponseOwners } from '../usage/response-owners.ts'
import { type Audit, openAudit } from './audit.ts'
import { openChat } from './chat.ts'
import { createTokens, type Tokens } from './tokens.ts'
import { warnOfUnheld } from './unheld.ts'

export type AppDeps = {
  readonly settings: Settings
  readonly services: readonly Service[]
  /** How many bad credentials one client address may show. */
  readonly attempts: Rate
  /** How many bytes of bodies are held at a time. */
  readonly bodies: { readonly inFlightBytes: number }
  readonly overload: OverloadRules
  /** How long lines of the usage log are kept. */
  readonly usage: { readonly retainDays: number }
  readonly audit: AuditRules
  /** What becomes of answers that go on while their credential is revoked. */
  readonly revocation: { readonly cutStreams: boolean }
  readonly policies: Policies
  /** Whose access tokens are taken, besides our own. */
  readonly issuers: readonly IssuerSettings[]
  readonly secrets: FrontSecrets
  readonly log: Log
  readonly clock: Clock
  readonly version: string
  /**
   * Of a process that only asks: where journal and audit are, instead of the state folder, in which
   * then nothing is made.
   */
  readonly scratchDir?: string
  /** The journal's, where it was started before; it ends with the app, or with a start that fails. */
  readonly journalThread?: JournalThread
  /** Faults that ended a process on this state folder, the one that is ending among them. */
  readonly processFaults?: () => number
}

export type App = {
  readonly check: Koa
  readonly relay: Koa
  readonly ops: Koa
  /** Explains over a socket of its own. */
  readonly explanations: Koa
  /** What would happen to a request. Nothing is sent on, charged or logged. */
  readonly explain: (question: ExplainQuestion) => Promise<Explanation>
  /** From now on new requests are refused as `draining`. */
  readonly drain: () => void
  /** Requests that are neither refused nor answered yet. */
  readonly running: () => number
  /** Breaks off every answer that is on its way, and settles it. */
  readonly cut: () => void
  /** Takes a connection by which Caddy tells how answers behind a check ended. */
  readonly acceptOutcomes: (socket: Socket) => void
  readonly close: () => Promise<void>
  readonly keys: KeyStore
  /** Resolves when the audit has it that this process serves from now on. */
  readonly recordStart: () => Promise<void>
  readonly recordStop: (signal: string) => Promise<void>
}

type Use = Parameters<AdmitDeps['costOf']>[0]

/** The gatekeeper's own endpoints, as a service that every principal may call. */
const own: Service = {
  name: 'gatekeeper',
  kind: ownKind,
  aliases: [],
  routes: [{ prefix: '/status', strip: false, mode: 'relay', browser: 'none' }],
  upstream: null,
  timeouts: { connectSeconds: 5, headersSeconds: 5, idleSeconds: 5 },
  keepAlive: false,
  anonymous: false,
  origins: [],
  webSockets: [],
  limits: [],
  queue: null,
  prices: [],
}

/**
 * The authorization server's endpoints. They are open, since whoever asks shows a client's
 * credential and not a caller's, and they read it themselves.
 */
const oauth: Service = {
  ...own,
  name: 'oauth',
  routes: [{ prefix: '/oauth', strip: false, mode: 'relay', browser: 'none' }],
  anonymous: true,
  readsCredentials: true,
}

/** Wires the service. Rejects with a ProblemsError where a key file or the journal is broken. */
export async function createApp(deps: AppDeps): Promise<App> {
  const { settings, services, policies, secrets, log, clock } = deps
  const journal = createJournal(deps)
  const known = createKnownServices(services)
  // What they need of one another while they are made is asked for later.
  const late: { audit?: Audit; tokens?: Tokens } = {}
  const onChange = (change: KeySetChange) => late.audit?.recordChange('keys.reloaded', change)
  const [keys, earlier] = await Promise.all([
    loadKeyStore({ files: keyFiles(settings), known, clock, log, onChange }),
    journal.load(),
  ])
  const audit = openAudit({
    ...{
      stateDir: deps.scratchDir ?? settings.stateDir,
      rules: deps.audit,
      clock,
      isPlainKey: keys.holdsPlain,
    },
    sign: async (statement) => (await late.tokens?.sign(statement)) ?? null,
  })
  late.audit = audit
  if (earlier.interrupted > 0) {
    log.warn({ requests: earlier.interrupted }, 'booked as estimated: the process died under them')
  }
  warnOfMovedRoute(deps, keys)
  warnOfUnheld({ services, policies, keys, log })
  const certificates = createCertificateFaults((problem) =>
    log.error(
      { service: problem.source, fault: problem.what, remedy: problem.remedy },
      'certificate',
    ),
  )
  const forwarder = createForwarder(services, { certificates })
  const ledger = createLedger({
    clock,
    timeZone: policies.timeZone,
    journal,
    balances: earlier.balances,
  })
  const queues = createServiceQueues(services, {
    // It measures turns, which must not jump when somebody sets the clock.
    clock: () => performance.now(),
    timers: systemTimers,
  })
  const tokens = await createTokens({
    ...deps,
    keys,
    audit,
    isAsking: deps.scratchDir !== undefined,
  })
  late.tokens = tokens
  const chat = await openChat({ ...deps, certificates })
  const reserving = inOrder(
    [refuseUnrecorded(audit.isBlocked), ...limitVisitors(services), limitReaders(policies.reads)],
    ledger,
  )
  const pricesOf = createPriceLists(services)
  const responses = createResponseOwners()
  // Apart from those: an answer has many items, and they must not push answers out.
  const items = createResponseOwners({ max: 50_000 })
  const createReader = ({ facts, principal }: Admission, body: BodyFacts | null) => {
    const { endpoint, service } = facts
    if (service === null || endpoint?.class !== 'use') return null
    const kept = { service: service.name, principal: principal.id }
    return createAnswerReader({
      endpoint,
      model: body?.models[0] ?? null,
      promptBytes: body?.promptBytes ?? 0,
      priceOf: pricesOf(service.name),
      onStored: (id) => responses.remember({ ...kept, id }),
      onItem: (id) => items.remember({ ...kept, id }),
    })
  }
  /** What may be stale or missing, by part; `/readyz` and the metrics tell of it. */
  const parts = (): PartProblems => ({
    keys: keys.state().degraded,
    ...tokens.problems(),
    journal: problemsOf(journal),
    audit: audit.problems(),
    prompts: chat.problems(),
    certificates: certificates.problems(),
    overload: overload.isOverloaded() ? [overloaded] : [],
  })
  const metrics = createMetrics({
    services: [...services, own, oauth].map(({ name }) => name),
    queues: queues.counts,
    degraded: () => mapValues(parts(), (problems) => problems.length > 0),
    keys: () => keys.state().keys,
    keysLoadedAt: () => keys.state().loadedAt,
    running: ledger.running,
    processFaults: deps.processFaults ?? (() => 0),
  })
  const observers = [
    (decided: Decided, described: DescribedDecision) => logDecision(log, decided, described),
    audit.onDecided,
    metrics.observe,
    (decided: Decided) => noteCertificate(decided, certificates),
  ]
  const foreignIssuers = deps.issuers.map(({ issuer }) => issuer)
  let isDraining = false
  const overload = createGate(deps)
  const running = { count: 0 }
  const logFault = (error: unknown, requestId?: string) => {
    log.error({ requestId, fault: describeFault(error) }, 'fault')
    metrics.countFault()
  }
  const point = {
    findRoute: createRouteTable([...services, own, oauth]),
    plainKeyTest: keys.plainKeyTest,
    authenticate: tokens.authenticate,
    holdsToken: tokens.holdsToken,
    ...(deps.revocation.cutStreams && { followCredential: tokens.follow }),
    limitsOf: ({ facts, principal }: { facts: RequestFacts; principal: Principal }) =>
      // Whoever has used up everything must still be able to see that.
      facts.service?.kind.isOwn
        ? []
        : limitsOf(
            { service: facts.service, principal, endpointClass: facts.endpoint?.class },
            policies,
          ),
    reserve: reserving.reserve,
    enterQueue: queues.enter,
    costOf: ({ service, model, inputTokens, outputTokens }: Use) => {
      const price = pricesOf(service.name)(model)
      return price === null ? 0 : costOf(price, inputTokens, outputTokens)
    },
    outputTokensExpected: policies.outputTokensExpected,
    isOwnResponse: responses.isOwn,
    isOwnItem: items.isOwn,
    checks,
    chat: chat.deps,
    isUnknownLevel: chat.isUnknownLevel,
    edge: secrets.edge,
    onDecided: (decided: Decided) => {
      const described = describeDecision(decided)
      for (const observe of observers) observe(decided, described)
    },
    logFault,
    isDraining: () => isDraining,
    isOverloaded: overload.isRefusing,
    beginWork: overload.beginWork,
    clock,
    resourceMetadata: foreignIssuers.length === 0 ? null : tokens.site + oauthPaths.resource,
  }
  // Made once: they are handed on with every request.
  const documents = { ...tokens, foreignIssuers }
  const outcomes = createOutcomes({ clock: () => performance.now(), timers: systemTimers })
  const check = { ...point, outcomes, proof: secrets.proof, frameRefusal: withLateRefusal }
  const relay = {
    ...point,
    forward: forwarder.forward,
    version: deps.version,
    bodies: createByteBudget(deps.bodies.inFlightBytes),
    createReader,
    own: {
      ...statusEndpoints((principal) => ledger.standings(everyLimitOf(principal, deps))),
      ...oauthEndpoints(tokens.server),
      ...countTokensEndpoints,
    },
    isServiceHost: createHostTest(services),
    wellKnown: (path: string) => wellKnownAnswer(path, documents),
  }
  const explain = (question: ExplainQuestion) =>
    explainRequest(question, {
      ...point,
      rehearseCredential: tokens.rehearseCredential,
      rehearseKey: tokens.rehearseKey,
      rehearse: reserving.rehearse,
      standings: ledger.standings,
      isCounted: deps.scratchDir === undefined,
    })
  const ops = {
    notes: () => [...keys.state().notes, ...tokens.notes()],
    ...{ parts, isDraining: point.isDraining, renderMetrics: metrics.render },
    ...{ metricsToken: settings.metricsToken, hosts: settings.sites },
  }
  return {
    check: createApplication((call) => answerCheck(call, check), logFault, running),
    relay: createApplication((call) => answerRelay(call, relay), logFault, running),
    ops: createApplication((call) => answerOps(call, ops), logFault),
    explanations: createApplication((call) => answerExplain(call, explain), logFault),
    explain,
    drain: () => {
      isDraining = true
    },
    running: () => running.count,
    cut: forwarder.cut,
    acceptOutcomes: outcomes.accept,
    close: async () => {
      outcomes.close()
      overload.close()
      metrics.close()
      keys.close()
      await tokens.close()
      await chat.close()
      await forwarder.close()
      // After the last answer: what it cost is to be on record too.
      await journal.close()
      await audit.close()
    },
    keys,
    recordStart: () =>
      audit.recordAct({
        ...{ event: 'gatekeeper.started', version: deps.version, keys: keys.state().keys },
        services: services.map(({ name }) => name),
        signingKeys: tokens.signingKeyIds(),
      }),
    recordStop: (signal) => audit.recordAct({ event: 'gatekeeper.stopped', signal }),
  }
}

/** Caddy meets the certificates of services behind a check; relayed ones are noted where they are met. */
function noteCertificate({ facts, reason, outcome }: Decided, faults: CertificateFaults): void {
  const service = facts?.point === 'check' ? facts.service : null
  if (!service || outcome === null) return
  if (reason === 'upstream-untrusted') faults.report(service.name, outcome.cause ?? '')
  else if (outcome.kind === 'answered') faults.clear(service.name)
}

const overloaded: Problem = {
  source: 'gatekeeper',
  what: 'more requests come than it can decide on, and some are refused',
  remedy: 'Slow the callers down, or give it a processor of its own.',
}

function createGate({ overload, log }: AppDeps): OverloadGate {
  const onChange = (isOverloaded: boolean) =>
    isOverloaded
      ? log.warn(overload, 'overloaded: what would only wait is refused')
      : log.warn('overloaded no more')
  return createOverloadGate(overload, { ...systemLoop, onChange })
}

/** What becomes of the journal is said when it changes, and not for every request. */
function createJournal(deps: AppDeps): UsageJournal {
  const { settings, scratchDir, usage, clock, log, journalThread: thread } = deps
  const report = (event: JournalEvent) =>
    log[event.kind === 'recovered' ? 'warn' : 'error'](event, `usage journal: ${event.kind}`)
  const { retainDays } = usage
  return createSqliteJournal({
    ...{ folder: scratchDir ?? settings.stateDir, retainDays, clock, timers: systemTimers, report },
    ...(thread && { thread }),
  })
}

function mapValues<From, To>(
  members: Readonly<Record<string, From>>,
  change: (value: From) => To,
): Record<string, To> {
  return Object.fromEntries(Object.entries(members).map(([name, value]) => [name, change(value)]))
}

function problemsOf(journal: UsageJournal): readonly Problem[] {
  const state = journal.state()
  return state.status === 'failing' ? [state.problem] : []
}

/** Its own limits and the house's, with those of the services that it may call. */
function everyLimitOf(principal: Principal, { services, policies }: AppDeps): ScopedLimit[] {
  const called = services.filter(({ name }) => principal.services.includes(name))
  const owners = new Map(called.map((service) => [accountOf(service), service.limits]))
  const ofServices = [...owners].flatMap(([name, limits]) =>
    limits.map((limit) => ({ scope: 'service', subject: `service:${name}`, limit }) as const),
  )
  return [...limitsOf({ service: null, principal, endpointClass: 'read' }, policies), ...ofServices]
}

/** `/v1` is Ollama's own until an edit moves it; then keys that cannot follow lose it. */
function warnOfMovedRoute({ services, settings, log }: AppDeps, keys: KeyStore): void {
  const owner = createRouteTable(services)('/v1', settings.sites[0] ?? '')?.service.name
  if (owner === undefined || owner === 'ollama') return
  const losing = keys.idsWithOnly('ollama', owner)
  if (losing.length > 0) log.warn({ keys: losing }, `/v1 belongs to ${owner}: these keys lose it`)
}

function keyFiles(settings: Settings): string[] {
  const own = join(settings.keysDir, 'keys.json')
  return settings.apiKeysFile === null ? [own] : [own, settings.apiKeysFile]
}
