import type { Child } from '../gatekeeper/test/support/child.ts'
import type { House } from './house.ts'
import type { BenchOptions } from './options.ts'
import { readCpuSeconds } from './processes.ts'
import type { RowSample, StreamReport } from './report.ts'
import { type RowPlan, streamPlans, toRequest } from './rows.ts'
import { median } from './statistics.ts'
import { summariseStreams } from './summarise.ts'

export type Samples = Map<string, RowSample[]>

const manyConnections = 32
const warmSeconds = 0.15
/** Before each turn of a row, and before its first one. */
const warmUpSeconds = { again: 1, first: 2 }
/** What is left of the time for streams, starts and reloads, in seconds. */
const reserveSeconds = 75

export type RoundDeps = {
  readonly options: BenchOptions
  /** `performance.now()` at the start of the bench. */
  readonly startedAt: number
  readonly log: (line: string) => void
}

/** Measures all rows in turn, round after round, every second round backwards. */
export async function runRounds(
  house: House,
  rows: readonly RowPlan[],
  deps: RoundDeps,
): Promise<Samples> {
  const { options, log } = deps
  const samples: Samples = new Map(rows.map(({ name }) => [name, []]))
  const tookSeconds: number[] = []
  // Not counted: the first thousands of requests run code that V8 is still compiling, on the cores
  // that are measured. Who stands before a model server runs for weeks after that.
  for (const plan of rows)
    await measureRow(house, plan, { ...options, seconds: warmUpSeconds.first })
  for (let round = 0; round < options.rounds; round += 1) {
    const startedAt = performance.now()
    const usedSeconds = (startedAt - deps.startedAt) / 1_000
    const needed = tookSeconds.length === 0 ? 0 : median(tookSeconds)
    if (round > 0 && usedSeconds + needed + reserveSeconds > options.limitSeconds) {
      log(`ends after ${round} of ${options.rounds} rounds: the limit is ${options.limitSeconds} s`)
      break
    }
    const plans = round % 2 === 0 ? rows : rows.toReversed()
    for (const plan of plans) samples.get(plan.name)?.push(await measureRow(house, plan, options))
    tookSeconds.push((performance.now() - startedAt) / 1_000)
    log(`round ${round + 1} of ${options.rounds}`)
  }
  return samples
}

async function measureRow(
  house: House,
  plan: RowPlan,
  { seconds, isQuick }: BenchOptions,
): Promise<RowSample> {
  const { target } = house.fronts[plan.front]
  const request = toRequest(plan, house.keys)
  const parts = partsOf(plan, house)
  const common = { target, request, seconds }
  // Warms up before the CPU time is read. Since the row's last turn its process may have rested for so
  // long that V8 gave memory back, and with it what it had compiled.
  const warming = { seconds: 0, warmSeconds: isQuick ? warmSeconds : warmUpSeconds.again }
  await house.client.load({ ...common, connections: manyConnections, ...warming })
  const before = parts && readCpuSeconds(parts)
  const many = await house.client.load({
    ...{ ...common, connections: manyConnections, warmSeconds: 0 },
  })
  const after = parts && readCpuSeconds(parts)
  const one = await house.client.load({ ...common, connections: 1, warmSeconds })
  return {
    rps32: many.requests / many.seconds,
    p50Ms1: one.p50Ms,
    p99Ms1: one.p99Ms,
    failed: many.failed + one.failed,
    cpuMicros: before === null || after === null ? null : ((after - before) * 1e6) / many.requests,
  }
}

/** Whose CPU time a row is told with; null where that is not known. */
function partsOf({ front, behind }: RowPlan, house: House): Child[] | null {
  const { caddy } = house.fronts[front]
  if (behind === 'peer') return null
  return behind === null ? [caddy] : [caddy, house[behind]]
}

const eventsPerSecond = 20

/** The same streams over each way, one way after the other. */
export async function runStreamRows(house: House, options: BenchOptions): Promise<StreamReport[]> {
  const reports: StreamReport[] = []
  for (const { name, front, path } of streamPlans) {
    const records = await house.client.stream({
      target: house.fronts[front].target,
      ...{ path, key: house.keys.plain.key, streams: options.streams },
      events: Math.ceil(options.streamSeconds * eventsPerSecond),
    })
    reports.push(summariseStreams(name, records, eventsPerSecond))
  }
  return reports
}
