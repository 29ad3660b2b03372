/**
 * Four times as many requests as can be decided on: many are answered, the others are told to come
 * again, nothing else happens, and afterwards all are served. How long those wait that are taken is
 * told only: docs/benchmarks.md says why. Straight to the socket, with what Caddy says: on two
 * cores Caddy and its clients would have no more left than the gatekeeper.
 */
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { quantile } from '../../../scripts/bench/statistics.ts'
import { demoModel } from '../../../scripts/demo/demo-model.ts'
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
/** What comes before the overload is noticed waits for all that came with it. */
const settlingMs = 3_000
const floodMax = 4_000
/** A long talk in short words, compressed: it costs its sender little and the gatekeeper much. */
const talk = Array.from({ length: 2_500 }, () => ({ role: 'user', content: 'and then' }))
const config = `${unqueuedGateway}\noverload: {lagMs: 100}\n`

const p99 = ({ accepted }: OpenLoopTally, fromMs = 0) =>
  quantile(
    accepted.filter(({ atMs }) => atMs >= fromMs).map(({ tookMs }) => tookMs),
    0.99,
  )
const answered = ({ statuses }: OpenLoopTally) => statuses['200'] ?? 0

describe.skipIf(testCaddy === null)('four times the load that can be borne', () => {
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

  /** What is answered a second where sixteen ask, each as soon as it has its answer. */
  async function findSustainable(): Promise<number> {
    const forMs = 4_000
    return answered(await load({ together: 16 }, forMs)) / (forMs / 1_000)
  }

  /** A flood; a greater one where the machine bears more by now than when it was measured. */
  async function floodFrom(perSecond: number): Promise<OpenLoopTally> {
    const tally = await load({ perSecond }, 12_000)
    const isTooMuch = (tally.statuses['503'] ?? 0) > 0
    return isTooMuch || perSecond > floodMax ? tally : await floodFrom(perSecond * 2)
  }

  it('refuses a part and breaks nothing; how long the others wait is told, not held', {
    timeout: 240_000,
  }, async () => {
    await load({ together: 4 }, 3_000)
    const sustainable = await findSustainable()
    const quiet = await load({ perSecond: sustainable / 4 }, 8_000)
    const flood = await floodFrom(sustainable * 4)
    const after = await load({ perSecond: sustainable / 4 }, 3_000)

    const [quietMs, floodMs] = [p99(quiet), p99(flood, settlingMs)]
    const rate = (tally: OpenLoopTally) => Math.round(tally.perSecond)
    console.info(
      `borne: ${Math.round(sustainable)}/s; unloaded p99 ${quietMs.toFixed(1)} ms at ${rate(quiet)}/s;`,
      `flood of ${rate(flood)}/s: taken p99 ${floodMs.toFixed(1)} ms (with its beginning ${p99(flood).toFixed(1)} ms),`,
      `median ${quantile(
        flood.accepted.map(({ tookMs }) => tookMs),
        0.5,
      ).toFixed(1)} ms,`,
      `ratio ${(floodMs / quietMs).toFixed(2)}; ${JSON.stringify({ flood: flood.statuses, after: after.statuses })}`,
    )
    // Nothing but yes and come again, and of both many.
    expect(Object.keys(flood.statuses).sort()).toEqual(['200', '503'])
    expect(answered(flood)).toBeGreaterThan(sustainable * 12 * 0.2)
    expect(stack.gatekeeper.output()).toMatch(/"reason":"overloaded"/)
    expect(answered(after)).toBeGreaterThan(after.sent * 0.98)
    expect(stack.gatekeeper.process.exitCode).toBe(null)
    const ready = await exchangeUnix(
      `${stack.stateDir}/run/ops.sock`,
      lines('GET /readyz HTTP/1.1', 'Host: localhost'),
    )
    expect(ready).toMatch(/200 OK/)
  })
})
