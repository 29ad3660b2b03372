/**
 * Measures what decides on `keepalive` for checks (docs/decisions/0002): the misrouted-check race
 * under churn, and what a connection per check costs without churn (Linux only).
 *
 *   GATEKEEPER_TEST_CADDY=/path/to/caddy node gatekeeper/test/slow/support/measure-checks.ts [ROUNDS]
 *
 * All variants run in the same rounds, one after another, so that a busy machine is busy for all.
 */
import { readFileSync } from 'node:fs'
import { testCaddy } from '../../support/stack.ts'
import { type AttackTally, addCounts, attack } from './attack.ts'
import { startCountingApp } from './counting-app.ts'
import { churnShare, type Front } from './front.ts'
import { median } from './load-count.ts'
import { makeCallers, startOurFront } from './our-front.ts'
import { startPlainFront } from './plain-front.ts'

const rounds = Number(process.argv[2] ?? 6)
const slices = 6
// Few, because a slice begins with their TLS handshakes, which both variants pay alike.
const busyConnections = 16
const caddy = testCaddy ?? 'caddy'
const { keys, callers } = makeCallers()
const good = callers.filter(({ user }) => user !== null)
const app = await startCountingApp(keys.map(({ key }) => key))
const appUrl = app.url

const fronts = {
  plain: await startPlainFront({ caddy, callers, appUrl }),
  churning: await startOurFront({ kind: 'churning', keys, appUrl }),
  pooled: await startOurFront({ kind: 'pooled', keys, appUrl }),
  shipped: await startOurFront({ kind: 'shipped', keys, appUrl }),
}

const churnSize = { connections: 64, requestsMax: Number.POSITIVE_INFINITY, secondsMax: 5 }
const underChurn = (front: Front) =>
  attack(front, { app, callers, appChurn: churnShare, size: churnSize })
const without = (front: Front, connections: number) =>
  attack(front, {
    ...{ app, callers: good, appChurn: 0 },
    size: { ...churnSize, connections, secondsMax: 1 },
  })

type Rows = Record<'plain' | 'churning' | 'shipped', AttackTally[]>
const churned: Rows = { plain: [], churning: [], shipped: [] }
type Cost = Record<'perSecond' | 'perCpuSecond' | 'addedP50Ms', number[]>
const cost: Cost = { perSecond: [], perCpuSecond: [], addedP50Ms: [] }

async function runRound(): Promise<void> {
  for (const name of ['plain', 'churning', 'shipped'] as const) {
    churned[name].push(await underChurn(fronts[name]))
  }
  const busy = { pooled: createSum(), shipped: createSum() }
  const p50Ms: Record<'pooled' | 'shipped', number[]> = { pooled: [], shipped: [] }
  // In short slices in alternating order.
  for (let slice = 0; slice < slices; slice += 1) {
    const order = ['pooled', 'shipped'] as const
    for (const name of slice % 2 === 0 ? order : order.toReversed()) {
      await busy[name].add(fronts[name])
      const alone = await without(fronts[name], 1)
      p50Ms[name].push(alone.p50Ms)
    }
  }
  const [off, pooled] = [busy.shipped.read(), busy.pooled.read()]
  cost.perSecond.push(off.perSecond / pooled.perSecond)
  cost.perCpuSecond.push(off.perCpuSecond / pooled.perCpuSecond)
  cost.addedP50Ms.push(median(p50Ms.shipped) - median(p50Ms.pooled))
}

/** Adds up slices of load. The CPU time gives the cost of a request even if others use the CPU. */
function createSum() {
  const total = { requests: 0, seconds: 0, cpuSeconds: 0 }
  return {
    add: async (front: Front): Promise<void> => {
      const before = cpuSeconds(front)
      const { requests, seconds } = await without(front, busyConnections)
      total.requests += requests
      total.seconds += seconds
      total.cpuSeconds += cpuSeconds(front) - before
    },
    read: () => ({
      perSecond: total.requests / total.seconds,
      perCpuSecond: total.requests / total.cpuSeconds,
    }),
  }
}

/** Of Caddy and the gatekeeper, from Linux alone (proc_pid_stat(5)); a tick is 10 ms. */
function cpuSeconds({ pids }: Front): number {
  const ticks = pids.map((pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    return Number(fields[11]) + Number(fields[12])
  })
  return ticks.reduce((sum, value) => sum + value, 0) / 100
}

try {
  for (let round = 1; round <= rounds; round += 1) {
    await runRound()
    process.stderr.write(`round ${round} of ${rounds}\n`)
  }
  const names = { plain: 'forward_auth, pooled', churning: 'ours, pooled', shipped: 'ours, off' }
  console.table(
    Object.fromEntries(
      (['plain', 'churning', 'shipped'] as const).map((name) => [
        names[name],
        addCounts(churned[name]),
      ]),
    ),
  )
  const list = (values: readonly number[]) => values.map((value) => value.toFixed(2)).join(' ')
  for (const [name, values] of Object.entries(cost)) {
    console.log(`${name}, off against pooled: ${median(values).toFixed(2)} (${list(values)})`)
  }
} finally {
  for (const front of Object.values(fronts)) await front.stop()
  await app.close()
}
