/**
 * Four times as many requests as can be decided: many are answered, and soon; the others get the
 * advice to retry, nothing else happens, and afterwards all are served. Straight to the socket,
 * with Caddy's statements: on two cores Caddy and its clients would have no more time than the
 * gatekeeper.
 */
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { quantile } from '../../../bench/statistics.ts'
import { demoModel } from '../../../scripts/demo/demo-model.ts'
import { waitUntil } from '../support/child.ts'
import { directFields } from '../support/direct.ts'
import { unqueuedGateway } from '../support/gateway-file.ts'
import { makeKey } from '../support/keys.ts'
import { exchangeUnix, lines } from '../support/raw.ts'
import { type Stack, startStack, testCaddy } from '../support/stack.ts'
import {
  type OpenLoopClient,
  type OpenLoopPlan,
  type OpenLoopTally,
  startOpenLoop,
} from './support/open-loop.ts'

const ada = makeKey()
/** Requests before the overload is detected wait for all that arrived with them. */
const settlingMs = 4_000
const floodMs = 12_000
const floodMax = 4_000
/**
 * How many times longer accepted requests wait, at the 99th percentile: the goal, and the limit
 * that fails. Other processes lengthen single turns; without a bound on the wait it is hundreds.
 */
const ratioAsked = 5
const ratioMax = 20
const turnsMax = 3
/** A long talk in short words, compressed: it costs its sender little and the gatekeeper much. */
const talk = Array.from({ length: 2_500 }, () => ({ role: 'user', content: 'and then' }))
const config = `${unqueuedGateway}\noverload: {}\n`

const waits = (tally: OpenLoopTally, share: number, fromMs = 0) =>
  quantile(
    tally.accepted.filter(({ atMs }) => atMs >= fromMs).map(({ tookMs }) => tookMs),
    share,
  )
const p99 = (tally: OpenLoopTally, fromMs?: number) => waits(tally, 0.99, fromMs)
const median = (tally: OpenLoopTally, fromMs?: number) => waits(tally, 0.5, fromMs)
const answered = ({ statuses }: OpenLoopTally) => statuses['200'] ?? 0

describe.skipIf(testCaddy === null)('four times the sustainable load', () => {
  let stack: Stack
  let client: OpenLoopClient
  beforeAll(async () => {
    stack = await startStack({ keys: [ada], config })
    stack.upstream.behave({ status: 200, body: '{"done":true}' })
    client = startOpenLoop()
  })
  afterAll(async () => {
    client?.stop()
    await stack?.stop()
  })

  const load = (pace: OpenLoopPlan['pace'], forMs: number) => {
    const plan: OpenLoopPlan = {
      ...{ socketPath: `${stack.stateDir}/run/relay.sock`, path: '/api/chat', pace, forMs },
      headers: {
        ...directFields(stack, 'relay'),
        'X-Gatekeeper-Method': 'POST',
        'X-Gatekeeper-Uri': '/api/chat',
        authorization: `Bearer ${ada.key}`,
        'content-type': 'application/json',
        'content-encoding': 'gzip',
      },
      body: gzipSync(JSON.stringify({ model: demoModel, messages: talk, stream: false })).toString(
        'base64',
      ),
    }
    return client.run(plan)
  }

  /** The answers per second with sixteen clients, each of which asks again after its answer. */
  async function findSustainable(): Promise<number> {
    const forMs = 4_000
    return answered(await load({ together: 16 }, forMs)) / (forMs / 1_000)
  }

  /** A flood; a greater one if the machine can now do more than when it was measured. */
  async function floodFrom(perSecond: number): Promise<OpenLoopTally> {
    const tally = await load({ perSecond }, floodMs)
    const isTooMuch = (tally.statuses['503'] ?? 0) > 0
    return isTooMuch || perSecond > floodMax ? tally : await floodFrom(perSecond * 2)
  }

  /** The gate opens by itself, a second or so after the last of the flood. */
  const waitUntilOver = () => {
    const times = (text: string) => stack.gatekeeper.output().split(text).length
    return waitUntil(
      () => times('no longer overloaded') === times('overloaded: rejecting new requests'),
      {
        ...{ limitMs: 30_000, child: stack.gatekeeper, describe: stack.gatekeeper.output },
      },
    )
  }

  /**
   * A quiet time, a flood, and a quiet time; returns how much longer requests waited in the flood.
   */
  async function turn() {
    const sustainable = await findSustainable()
    await waitUntilOver()
    const quiet = await load({ perSecond: sustainable / 4 }, 8_000)
    const flood = await floodFrom(sustainable * 4)
    await waitUntilOver()
    const after = await load({ perSecond: sustainable / 4 }, 3_000)
    const unloaded = { ...quiet, accepted: [...quiet.accepted, ...after.accepted] }
    const ratio = p99(flood, settlingMs) / p99(unloaded)
    const rate = (tally: OpenLoopTally) => Math.round(tally.perSecond)
    const ms = (wait: number) => `${wait.toFixed(1)} ms`
    console.info(
      `borne: ${Math.round(sustainable)}/s; unloaded p50 ${ms(median(unloaded))}, p99 ${ms(p99(unloaded))} at ${rate(quiet)}/s;`,
      `flood of ${rate(flood)}/s: taken p50 ${ms(median(flood, settlingMs))}, p99 ${ms(p99(flood, settlingMs))}`,
      `(with its beginning ${ms(p99(flood))}), ratio ${ratio.toFixed(2)};`,
      JSON.stringify({ flood: flood.statuses, after: after.statuses }),
    )
    return { sustainable, flood, after, ratio }
  }

  it('refuses a part and breaks nothing; accepted requests wait little longer', {
    timeout: 300_000,
  }, async () => {
    await load({ together: 4 }, 3_000)
    const ratios: number[] = []
    while (ratios.length < turnsMax && !ratios.some((ratio) => ratio <= ratioAsked)) {
      const { sustainable, flood, after, ratio } = await turn()
      ratios.push(ratio)
      // Only 200 and the advice to retry, and many of both.
      expect(Object.keys(flood.statuses).sort()).toEqual(['200', '503'])
      expect(answered(flood)).toBeGreaterThan(((sustainable * floodMs) / 1_000) * 0.2)
      expect(answered(after)).toBeGreaterThan(after.sent * 0.98)
    }
    expect(Math.min(...ratios)).toBeLessThanOrEqual(ratioMax)
    expect(stack.gatekeeper.output()).toMatch(/"reason":"overloaded"/)
    expect(stack.gatekeeper.process.exitCode).toBe(null)
    const ready = await exchangeUnix(
      `${stack.stateDir}/run/ops.sock`,
      lines('GET /readyz HTTP/1.1', 'Host: localhost'),
    )
    expect(ready).toMatch(/200 OK/)
  })
})
