/**
 * A client that sends at a fixed rate whatever the answers, in a process of its own: what it
 * measures must not wait for what it measures. One plan a message; the answer is the tally.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { Pool } from 'undici'
import type { OpenLoopPlan, OpenLoopTally } from '../support/open-loop.ts'

type Pools = Map<string, Pool>
const pools: Pools = new Map()

function poolFor({ socketPath }: OpenLoopPlan): Pool {
  const known = pools.get(socketPath)
  if (known) return known
  // Many, since an open loop must not wait for a connection; fewer than a listener's backlog.
  const pool = new Pool('http://localhost', {
    ...{ connections: 400, connect: { socketPath }, headersTimeout: 60_000 },
  })
  pools.set(socketPath, pool)
  return pool
}

async function run(plan: OpenLoopPlan): Promise<OpenLoopTally> {
  const pool = poolFor(plan)
  const tally = { sent: 0, statuses: {} as Record<string, number>, accepted: [] as Sample[] }
  const startedAt = performance.now()
  const under: Promise<void>[] = []
  const send = async () => {
    const sentAt = performance.now()
    const status = await ask(pool, plan)
    tally.statuses[status] = (tally.statuses[status] ?? 0) + 1
    const sample = { atMs: sentAt - startedAt, tookMs: performance.now() - sentAt }
    if (status === '200') tally.accepted.push(sample)
  }
  const { pace, forMs } = plan
  const elapsedMs = () => performance.now() - startedAt
  if ('together' in pace) {
    const one = async () => {
      for (; elapsedMs() < forMs; tally.sent++) await send()
    }
    await Promise.all(Array.from({ length: pace.together }, one))
  } else {
    for (; elapsedMs() < forMs; await sleep(1)) {
      const due = Math.floor((elapsedMs() / 1000) * pace.perSecond)
      for (; tally.sent < due; tally.sent++) under.push(send())
    }
  }
  const sentForMs = performance.now() - startedAt
  await Promise.all(under)
  return { ...tally, perSecond: (tally.sent / sentForMs) * 1000 }
}

type Sample = OpenLoopTally['accepted'][number]

async function ask(pool: Pool, plan: OpenLoopPlan): Promise<string> {
  try {
    const { path, headers } = plan
    const body = Buffer.from(plan.body, 'base64')
    const answer = await pool.request({ path, method: 'POST', headers, body })
    await answer.body.dump()
    return String(answer.statusCode)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'error'
  }
}

process.on('message', (plan: OpenLoopPlan) => {
  void run(plan).then((tally) => process.send?.(tally))
})
process.on('disconnect', () => process.exit())
