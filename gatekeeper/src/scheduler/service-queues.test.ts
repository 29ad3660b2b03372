import { describe, expect, test } from 'vitest'
import { anEndpoint, aPrincipal, aService, someFacts } from '../../test/support/questions.ts'
import type { RequestFacts } from '../model/facts.ts'
import type { Principal } from '../model/principal.ts'
import { createServiceQueues } from './service-queues.ts'

const rules = { slots: 1, waitingMax: 2, waitingPerKeyMax: 1, longestWaitMs: 100 }
const services = [aService({ queue: rules }), aService({ name: 'open', queue: null })]

/** Queues with a clock and timers that are turned by hand. */
function createWorld() {
  let now = 0
  const due: (() => void)[] = []
  const timers = {
    after: (_: number, run: () => void) => {
      due.push(run)
      return () => {}
    },
    every: () => () => {},
  }
  const queues = createServiceQueues(services, { clock: () => now, timers })
  const enter = (
    given: {
      facts?: Partial<RequestFacts>
      principal?: Partial<Principal>
      signal?: AbortSignal
    } = {},
  ) => {
    const { signal } = given
    const facts = someFacts({ service: services[0] ?? null, ...given.facts })
    const leaving = signal === undefined ? null : () => signal
    return queues.enter({ facts, principal: aPrincipal(given.principal), leaving })
  }
  return { queues, enter, due, pass: (ms: number) => (now += ms) }
}

const slotOf = async (entered: ReturnType<ReturnType<typeof createWorld>['enter']>) => {
  const place = await entered
  if (place === null || 'reason' in place) throw new Error('got no place')
  return place
}

describe('a place', () => {
  test('is given at once where one is free, and nothing has changed meanwhile', async () => {
    const { enter } = createWorld()
    expect(await slotOf(enter())).toMatchObject({ waitedMs: 0, hasWaited: false })
  })

  test('that was waited for says so: the request is to be judged again', async () => {
    const { enter, pass } = createWorld()
    const first = await slotOf(enter())
    const second = enter()
    pass(40)
    first.release()
    expect(await slotOf(second)).toMatchObject({ waitedMs: 40, hasWaited: true })
  })

  test.each([
    ['a service without slots', { service: aService({ name: 'open', queue: null }) }],
    ['the check point', { point: 'check' }],
    ['looking things up', { endpoint: anEndpoint({ class: 'read' }) }],
    ['no service at all', { service: null }],
  ] as [string, Partial<RequestFacts>][])('is needed by nobody at %s', async (_, facts) => {
    const { enter, queues } = createWorld()
    await enter()
    expect(await enter({ facts })).toBeNull()
    expect(queues.counts()['ollama']).toMatchObject({ running: 1, waiting: 0 })
  })
})

describe('whoever gets none is told why', () => {
  test('queue-full beyond its share', async () => {
    const { enter } = createWorld()
    await enter()
    void enter()
    expect(await enter()).toEqual({ reason: 'queue-full', limit: null, retryAfterMs: null })
    void enter({ principal: { id: 'key:b' } })
    expect(await enter({ principal: { id: 'key:c' } })).toMatchObject({ reason: 'queue-full' })
  })

  test('queue-timeout after the longest wait', async () => {
    const { enter, due } = createWorld()
    await enter()
    const late = enter()
    for (const run of due) run()
    expect(await late).toMatchObject({ reason: 'queue-timeout' })
  })

  test('body-aborted where the client has left', async () => {
    const { enter, queues } = createWorld()
    const held = await slotOf(enter())
    const left = new AbortController()
    const gone = enter({ signal: left.signal })
    left.abort()
    expect(await gone).toMatchObject({ reason: 'body-aborted' })
    held.release()
    expect(queues.counts()['ollama']).toMatchObject({ running: 0, waiting: 0 })
  })
})

test('a chat waits in the queue of the service behind it', async () => {
  const { enter, queues } = createWorld()
  const chat = { behind: 'ollama', otherPrefixes: [], model: null, visitor: null }
  const service = aService({ name: 'domain-chat', kind: 'chat', chat })
  await slotOf(enter({ facts: { service } }))
  expect(queues.counts()['ollama']).toMatchObject({ running: 1 })
})
