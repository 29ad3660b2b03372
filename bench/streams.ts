import { setTimeout as sleep } from 'node:timers/promises'
import { Agent } from 'undici'
import type { Target } from '../gatekeeper/test/slow/support/load-connection.ts'
import type { StreamRecord } from './report.ts'
import { toChat } from './rows.ts'

export type StreamPlan = {
  readonly kind: 'stream'
  readonly target: Target
  readonly path: string
  readonly key: string
  readonly streams: number
  /** Events of each stream; the application sends 20 a second. */
  readonly events: number
}

/** Milliseconds between the starts of streams, independent of earlier ones: an open loop. */
const apartMs = 10

export async function runStreams(plan: StreamPlan): Promise<StreamRecord[]> {
  const { ca = '' } = plan.target
  const agent = new Agent({ connect: { ca }, allowH2: false, connections: plan.streams })
  const ask = (isStreamed: boolean) => askChat(agent, plan, isStreamed)
  try {
    // All connections open in advance, so that no stream waits for a TLS handshake.
    await Promise.all(Array.from({ length: plan.streams }, () => ask(false)))
    const startedAt = performance.now()
    const begin = async (_: unknown, at: number) => {
      await sleep(Math.max(0, startedAt + at * apartMs - performance.now()))
      return ask(true)
    }
    return await Promise.all(Array.from({ length: plan.streams }, begin))
  } finally {
    await agent.destroy()
  }
}

async function askChat(agent: Agent, plan: StreamPlan, isStreamed: boolean): Promise<StreamRecord> {
  const askedAt = now()
  const events: { readAt: number; sentAt: number }[] = []
  try {
    const answer = await agent.request({
      origin: `https://localhost:${plan.target.port}`,
      path: plan.path,
      method: 'POST',
      headers: { authorization: `Bearer ${plan.key}`, 'content-type': 'application/json' },
      body: toChat({ isStreamed, events: plan.events }),
    })
    for await (const line of readLines(answer.body)) {
      const { at } = JSON.parse(line) as { at: number }
      events.push({ readAt: now(), sentAt: at })
    }
    return { askedAt, events, isComplete: events.length === plan.events }
  } catch {
    return { askedAt, events, isComplete: false }
  }
}

async function* readLines(body: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let rest = ''
  for await (const chunk of body) {
    const lines = (rest + chunk.toString('utf8')).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
}

function now(): number {
  return performance.timeOrigin + performance.now()
}
