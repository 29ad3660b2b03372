/**
 * Four times as many requests as can be decided on, through the real Caddy: those that are taken are
 * answered nearly as fast as ever, the others are told at once to come again.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { quantile } from '../../../scripts/bench/statistics.ts'
import { demoModel } from '../../../scripts/demo/demo-model.ts'
import { makeKey } from '../support/keys.ts'
import { exchangeUnix, lines } from '../support/raw.ts'
import { type Stack, startStack, testCaddy } from '../support/stack.ts'
import {
  type OpenLoopClient,
  type OpenLoopPlan,
  type OpenLoopTally,
  startOpenLoop,
} from './support/open-loop.ts'

const ada = makeKey({ limits: ['1000000000/day'] })
/** A long talk in short words: most of its way is the gatekeeper reading it. */
const talk = Array.from({ length: 1_200 }, () => ({ role: 'user', content: 'and then' }))
const config = `version: 1
overload: {lagMs: ${process.env['GATEKEEPER_TEST_LAG_MS'] ?? 50}}
services:
  ollama: {kind: ollama, slots: unlimited, routes: [{prefix: /api}, {prefix: /chat, strip: true, mode: check}]}
  litellm: {kind: openai, routes: [{prefix: /litellm, strip: true}]}
  tts: {kind: http, routes: [{prefix: /tts, strip: true}]}
  whisper: {kind: http, routes: [{prefix: /whisper, strip: true}]}
  image: {kind: http, routes: [{prefix: /image, strip: true}]}
`

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

  const load = (perSecond: number, forMs: number) => {
    const plan: OpenLoopPlan = {
      ...{ url: stack.url, ca: stack.ca, path: '/api/chat', perSecond, forMs },
      headers: { authorization: `Bearer ${ada.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: demoModel, messages: talk, stream: false }),
    }
    return client.run(plan)
  }

  /** The largest rate of which nearly all is answered, by doubling and then by halving. */
  async function findSustainable(): Promise<number> {
    let [good, bad] = [20, Number.POSITIVE_INFINITY]
    for (let turn = 0; turn < 9; turn++) {
      const next = bad === Number.POSITIVE_INFINITY ? good * 2 : (good + bad) / 2
      const tally = await load(next, 2_500)
      const isBorne = answered(tally) > tally.sent * 0.98 && p99(tally) < 400
      if (isBorne) good = next
      else bad = next
      if (bad / good < 1.2) break
    }
    return good
  }

  it('slows those down that are taken by less than five times, and nothing breaks', {
    timeout: 240_000,
  }, async () => {
    await load(20, 2_000)
    const sustainable = await findSustainable()
    const quiet = await load(sustainable / 4, 8_000)
    const flood = await load(sustainable * 4, 12_000)
    const after = await load(sustainable / 4, 3_000)

    const [quietMs, floodMs] = [p99(quiet), p99(flood, 2_000)]
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
    expect(floodMs).toBeLessThan(Math.max(5 * quietMs, 1_000))
    expect(answered(after)).toBeGreaterThan(after.sent * 0.98)
    expect(stack.gatekeeper.process.exitCode).toBe(null)
    const ready = await exchangeUnix(
      `${stack.stateDir}/run/ops.sock`,
      lines('GET /readyz HTTP/1.1', 'Host: localhost'),
    )
    expect(ready).toMatch(/200 OK/)
  })
})
