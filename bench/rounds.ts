import type { Child } from '../gatekeeper/test/support/child.ts'
import type { BenchOptions } from './options.ts'
import { readCpuSeconds } from './processes.ts'
import type { RowSample, StreamReport } from './report.ts'
import { type RowPlan, streamPlans, toRequest } from './rows.ts'
import type { Setup } from './setup.ts'
import { median } from './statistics.ts'
import { summariseStreams } from './summarise.ts'

export type Samples = Map<string, RowSample[]>

const manyConnections = 32
const warmSeconds = 0.15
/** Warm-up before each turn of a row, and before its first one. */
const warmUpSeconds = { again: 1, first: 2 }
/** Seconds that are reserved for streams, starts and reloads. */
const reserveSeconds = 75

export type RoundDeps = {
  readonly options: BenchOptions
  /** `performance.now()` at the start of the bench. */
  readonly startedAt: number
  readonly log: (line: string) => void
}

/** Measures all rows in turn, round after round; every second round runs in reverse order. */
export async function runRounds(
  setup: Setup,
  rows: readonly RowPlan[],
  deps: RoundDeps,
): Promise<Samples> {
  const { options, log } = deps
  const samples: Samples = new Map(rows.map(({ name }) => [name, []]))
  const tookSeconds: number[] = []
  // Not counted: during the first thousands of requests V8 still compiles on the same cores. In
  // real use the gatekeeper runs for weeks.
  for (const plan of rows)
    await measureRow(setup, plan, { ...options, seconds: warmUpSeconds.first })
  for (let round = 0; round < options.rounds; round += 1) {
    const startedAt = performance.now()
    const usedSeconds = (startedAt - deps.startedAt) / 1_000
    const needed = tookSeconds.length === 0 ? 0 : median(tookSeconds)
    if (round > 0 && usedSeconds + needed + reserveSeconds > options.limitSeconds) {
      log(
        `stops after ${round} of ${options.rounds} rounds: the limit is ${options.limitSeconds} s`,
      )
      break
    }
    const plans = round % 2 === 0 ? rows : rows.toReversed()
    for (const plan of plans) samples.get(plan.name)?.push(await measureRow(setup, plan, options))
    tookSeconds.push((performance.now() - startedAt) / 1_000)
    log(`round ${round + 1} of ${options.rounds}`)
  }
  return samples
}

async function measureRow(
  setup: Setup,
  plan: RowPlan,
  { seconds, isQuick }: BenchOptions,
): Promise<RowSample> {
  const { target } = setup.fronts[plan.front]
  const request = toRequest(plan, setup.keys)
  const parts = partsOf(plan, setup)
  const common = { target, request, seconds }
  // Warms up before the CPU time is read. If the process was idle since the last turn, V8 may have
  // released memory and compiled code.
  const warming = { seconds: 0, warmSeconds: isQuick ? warmSeconds : warmUpSeconds.again }
  await setup.client.load({ ...common, connections: manyConnections, ...warming })
  const before = parts && readCpuSeconds(parts)
  const many = await setup.client.load({
    ...{ ...common, connections: manyConnections, warmSeconds: 0 },
  })
  const after = parts && readCpuSeconds(parts)
  const one = await setup.client.load({ ...common, connections: 1, warmSeconds })
  return {
    rps32: many.requests / many.seconds,
    p50Ms1: one.p50Ms,
    p99Ms1: one.p99Ms,
    failed: many.failed + one.failed,
    cpuMicros: before === null || after === null ? null : ((after - before) * 1e6) / many.requests,
  }
}

/** Returns the processes whose CPU time counts for a row; null if unknown. */
function partsOf({ front, behind }: RowPlan, setup: Setup): Child[] | null {
  const { caddy } = setup.fronts[front]
  if (behind === 'peer') return null
  return behind === null ? [caddy] : [caddy, setup[behind]]
}

const eventsPerSecond = 20

/** The same streams over each way, one way after the other. */
export async function runStreamRows(setup: Setup, options: BenchOptions): Promise<StreamReport[]> {
  const reports: StreamReport[] = []
  for (const { name, front, path } of streamPlans) {
    const records = await setup.client.stream({
      target: setup.fronts[front].target,
      ...{ path, key: setup.keys.plain.key, streams: options.streams },
      events: Math.ceil(options.streamSeconds * eventsPerSecond),
    })
    reports.push(summariseStreams(name, records, eventsPerSecond))
  }
  return reports
}
