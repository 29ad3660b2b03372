import { makeKey } from '../../gatekeeper/test/support/keys.ts'
import { readCpuSeconds } from '../processes.ts'
import { toChat } from '../rows.ts'
import type { Setup } from '../setup.ts'
import { median } from '../statistics.ts'
import type { RefusalRow } from './heavy-report.ts'
import { directWays, type Way } from './ways.ts'

const connections = 32
const path = '/api/chat'

type Plan = {
  readonly name: string
  readonly status: number
  readonly way: Way
  readonly key: string
}
type Sample = { readonly perSecond: number; readonly cpuMicros: number | null; failed: number }

/** The same small request, accepted and refused, directly at the relay's socket. */
export async function measureRefusals(
  setup: Setup,
  { turns, seconds }: { turns: number; seconds: number },
): Promise<RefusalRow[]> {
  const [ours, bare] = directWays(setup)
  const { keys } = setup
  const plans: readonly Plan[] = [
    { name: 'bare-relay', status: 200, way: bare, key: keys.limited.key },
    { name: 'accepted', status: 200, way: ours, key: keys.plain.key },
    { name: 'accepted, with limits', status: 200, way: ours, key: keys.limited.key },
    { name: 'unknown key', status: 401, way: ours, key: makeKey().key },
    { name: 'over a limit', status: 429, way: ours, key: keys.spent.key },
    { name: 'model not allowed', status: 403, way: ours, key: keys.elsewhere.key },
  ]
  const samples = new Map<Plan, Sample[]>(plans.map((plan) => [plan, []]))
  for (let turn = 0; turn < turns; turn += 1) {
    for (const plan of turn % 2 === 0 ? plans : plans.toReversed()) {
      samples.get(plan)?.push(await measure(plan, seconds, setup))
    }
  }
  return plans.map((plan) => summarise(plan, samples.get(plan) ?? []))
}

async function measure({ way, key, status }: Plan, seconds: number, { client }: Setup) {
  const { target, fields } = way.entryPointFor(path, key)
  const common = { target, request: toText(fields), connections, status }
  // Warms up, and uses up the single request of a spent key.
  await client.load({ ...common, seconds: 0, warmSeconds: 0.3 })
  const before = readCpuSeconds([way.child])
  const tally = await client.load({ ...common, seconds, warmSeconds: 0 })
  const after = readCpuSeconds([way.child])
  return {
    perSecond: tally.requests / tally.seconds,
    cpuMicros: before === null || after === null ? null : ((after - before) * 1e6) / tally.requests,
    failed: tally.failed,
  }
}

function toText(fields: Readonly<Record<string, string>>): string {
  const body = toChat({ isStreamed: false, events: 1 })
  const all = { ...fields, 'content-type': 'application/json', 'content-length': body.length }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return `POST ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`
}

function summarise({ name, status }: Plan, samples: readonly Sample[]): RefusalRow {
  const cpu = samples.map(({ cpuMicros }) => cpuMicros).filter((value) => value !== null)
  return {
    ...{ name, status, perSecond: median(samples.map(({ perSecond }) => perSecond)) },
    cpuMicros: cpu.length === 0 ? null : median(cpu),
    failed: samples.reduce((sum, { failed }) => sum + failed, 0),
  }
}
