/**
 * Metrics for Prometheus. Every label value comes from our own configuration or tables: a client
 * can increase a counter, but never create one.
 */
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { type Clock, systemClock } from '../lib/clock.ts'
import type { Standing } from '../model/limit.ts'
import { reasons } from '../model/reason.ts'
import { securityEvents } from '../model/security-event.ts'
import type { Decided } from './decision-log.ts'
import { addProcessGauges } from './process-gauges.ts'
import { createSecurityWatch } from './security-watch.ts'

/** The values that a scrape reads. */
export type MetricSources = {
  readonly services: readonly string[]
  /** By the names of services with a queue: how many requests wait and run there. */
  readonly queues: () => Readonly<Record<string, QueueFigures>>
  /** Stale or missing parts, by name; see `/readyz`. */
  readonly problems: () => Readonly<Record<string, readonly unknown[]>>
  readonly keys: () => number
  /** Epoch milliseconds at which the loaded keys were read. */
  readonly keysLoadedAt: () => number
  /** Requests that are admitted and not yet settled. */
  readonly running: () => number
  /** Uncaught errors, including those of earlier processes; see `FaultCount`. */
  readonly processFaults: () => number
  /** How the budget of the chat widget stands; left out if there is no widget. */
  readonly budget?: () => readonly Standing[]
  /** Injected in tests. */
  readonly clock?: Clock
}

type QueueFigures = {
  readonly waiting: number
  readonly running: number
}

export type Metrics = {
  readonly observe: (decided: Decided) => void
  /** Counts a fault that ended one request. */
  readonly countFault: () => void
  /** Counts that a limit of the widget's budget has reached a mark. */
  readonly countHigh: (limit: string, percent: number) => void
  /** The exposition text, and its media type. */
  readonly render: () => Promise<{ readonly text: string; readonly contentType: string }>
  readonly close: () => void
}

// From a cheap refusal to a model that is loaded first.
const secondsBuckets = [0.001, 0.005, 0.02, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 180, 600]

/** The label of a request whose service or class is not known. */
const none = 'none'

export function createMetrics(sources: MetricSources): Metrics {
  const registry = new Registry()
  const stopGauges = addProcessGauges(registry)
  const observed = createObserved(registry)
  addGauges(registry, sources)
  const known = new Set(sources.services)
  const findEvents = createSecurityWatch(sources.clock ?? systemClock)
  // Shown from the start, so that an alert sees the first one.
  for (const event of securityEvents) observed.securityEvents.inc({ event }, 0)
  return {
    countFault: addFaultCounter(registry, sources),
    countHigh: addBudget(registry, sources),
    observe: (decided) => {
      observe(decided, observed, known)
      for (const event of findEvents(decided)) observed.securityEvents.inc({ event })
    },
    render: async () => ({ text: await registry.metrics(), contentType: registry.contentType }),
    close: () => {
      stopGauges()
      registry.clear()
    },
  }
}

type Observed = ReturnType<typeof createObserved>

function createObserved(registry: Registry) {
  const registers = [registry]
  const histogram = (name: string, help: string, labelNames: readonly string[]) =>
    new Histogram({ name, help, labelNames, registers, buckets: secondsBuckets })
  const counter = (name: string, help: string, labelNames: readonly string[]) =>
    new Counter({ name, help, labelNames, registers })
  const byService = ['service']
  return {
    decisions: counter(
      'gatekeeper_decisions_total',
      'Requests with a decision, by outcome and reason',
      [...['service', 'point', 'class', 'outcome', 'reason']],
    ),
    seconds: histogram(
      'gatekeeper_request_duration_seconds',
      'Time from the request head to the last byte of the answer',
      [...['service', 'point', 'outcome']],
    ),
    firstByte: histogram(
      'gatekeeper_first_byte_seconds',
      'Time from forwarding a request to the first byte of its answer',
      byService,
    ),
    queueWait: histogram('gatekeeper_queue_wait_seconds', 'Time spent in the queue', byService),
    tokens: counter('gatekeeper_tokens_total', 'Tokens used', ['service', 'direction', 'counted']),
    money: counter('gatekeeper_cost_micro_usd_total', 'Cost in micro-dollars', byService),
    securityEvents: counter(
      'gatekeeper_security_events_total',
      'Security events: refused paths, bodies above the cap, bursts of refusals and the like',
      ['event'],
    ),
    bytes: counter('gatekeeper_answer_bytes_total', 'Bytes of forwarded answers', byService),
  }
}

function observe(decided: Decided, observed: Observed, known: ReadonlySet<string>): void {
  const { facts, reason, outcome, usage } = decided
  const name = facts?.service?.name ?? none
  const service = known.has(name) ? name : none
  const point = facts?.point ?? none
  const result = reason === null ? 'allow' : outcome === null ? 'deny' : 'fail'
  observed.decisions.inc({
    ...{ service, point, outcome: result },
    class: facts?.endpoint?.class ?? none,
    reason: reason !== null && Object.hasOwn(reasons, reason) ? reason : none,
  })
  observed.seconds.observe({ service, point, outcome: result }, decided.durationMs / 1000)
  if (outcome === null) return
  if (outcome.waitedMs !== undefined) {
    observed.queueWait.observe({ service }, outcome.waitedMs / 1000)
  }
  if (outcome.firstByteMs !== undefined) {
    observed.firstByte.observe({ service }, outcome.firstByteMs / 1000)
  }
  observed.bytes.inc({ service }, outcome.answerBytes)
  if (!usage) return
  const counted = usage.isEstimated ? 'estimated' : 'reported'
  observed.tokens.inc({ service, direction: 'input', counted }, usage.inputTokens)
  observed.tokens.inc({ service, direction: 'output', counted }, usage.outputTokens)
  observed.money.inc({ service }, usage.microUsd)
}

/** Returns a function that counts a fault of a request. */
function addFaultCounter(registry: Registry, { processFaults }: MetricSources): () => void {
  let ofRequests = 0
  new Counter({
    name: 'gatekeeper_faults_total',
    help: 'Faults of the gatekeeper, by what they ended: one request or the process',
    labelNames: ['ended'],
    registers: [registry],
    collect() {
      this.reset()
      this.inc({ ended: 'request' }, ofRequests)
      this.inc({ ended: 'process' }, processFaults())
    },
  })
  return () => {
    ofRequests++
  }
}

/** Adds the budget of the widget, and returns a function that counts its marks. */
function addBudget(registry: Registry, { budget }: MetricSources): Metrics['countHigh'] {
  if (budget === undefined) return () => {}
  const registers = [registry]
  new Gauge({
    name: 'gatekeeper_widget_budget_used_ratio',
    help: 'How much of a limit of all visitors of the chat widget is used, from 0 to 1',
    labelNames: ['limit'],
    registers,
    collect() {
      for (const { text, used, amount } of budget()) this.set({ limit: text }, used / amount)
    },
  })
  const high = new Counter({
    name: 'gatekeeper_usage_high_total',
    help: 'How often a limit of all visitors of the chat widget reached 80 or 100 percent',
    labelNames: ['limit', 'percent'],
    registers,
  })
  return (limit, percent) => high.inc({ limit, percent })
}

function addGauges(registry: Registry, sources: MetricSources): void {
  const registers = [registry]
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      ...{ name, help, registers },
      collect() {
        this.set(read())
      },
    })
  gauge(
    'gatekeeper_running_requests',
    'Requests that are admitted and not yet settled',
    sources.running,
  )
  gauge('gatekeeper_keys', 'API keys that are loaded', sources.keys)
  gauge('gatekeeper_keys_loaded_timestamp_seconds', 'Time at which the API keys were read', () =>
    Math.round(sources.keysLoadedAt() / 1000),
  )
  new Gauge({
    name: 'gatekeeper_degraded',
    help: '1 if a part works with an outdated state or not at all',
    labelNames: ['part'],
    registers,
    collect() {
      for (const [part, problems] of Object.entries(sources.problems())) {
        this.set({ part }, problems.length > 0 ? 1 : 0)
      }
    },
  })
  const queue = (name: string, help: string, member: 'waiting' | 'running') =>
    new Gauge({
      ...{ name, help, registers, labelNames: ['service'] },
      collect() {
        for (const [service, figures] of Object.entries(sources.queues())) {
          this.set({ service }, figures[member])
        }
      },
    })
  queue('gatekeeper_queue_waiting', 'Requests that wait for a slot', 'waiting')
  queue('gatekeeper_queue_running', 'Slots in use', 'running')
}
