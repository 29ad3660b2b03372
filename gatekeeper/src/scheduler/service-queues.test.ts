import { describe, expect, test } from 'vitest'
import { anEndpoint, aPrincipal, aService, someFacts } from '../../test/support/questions.ts'
import type { RequestFacts } from '../model/facts.ts'
import type { Principal } from '../model/principal.ts'
import { createServiceQueues } from './service-queues.ts'

const rules = { slots: 1, waitingMax: 2, waitingPerKeyMax: 1, longestWaitMs: 100 }
const services = [aService({ queue: rules }), aService({ name: 'open', queue: null })]

/** Queues with a clock and timers that the test sets. */
function createFixture() {
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

const slotOf = async (entered: ReturnType<ReturnType<typeof createFixture>['enter']>) => {
  const place = await entered
  if (place === null || 'reason' in place) throw new Error('got no place')
  return place
}

describe('a slot', () => {
  test('is granted at once when one is free, without a second check', async () => {
    const { enter } = createFixture()
    expect(await slotOf(enter())).toMatchObject({ waitedMs: 0, hasWaited: false })
  })

  test('after a wait is marked, so that the request is checked again', async () => {
    const { enter, pass } = createFixture()
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
    const { enter, queues } = createFixture()
    await enter()
    expect(await enter({ facts })).toBeNull()
    expect(queues.counts()['ollama']).toMatchObject({ running: 1, waiting: 0 })
  })
})

describe('a request without a slot gets the reason', () => {
  test('queue-full: beyond its share', async () => {
    const { enter } = createFixture()
    await enter()
    void enter()
    expect(await enter()).toEqual({ reason: 'queue-full', limit: null, retryAfterMs: null })
    void enter({ principal: { id: 'key:b' } })
    expect(await enter({ principal: { id: 'key:c' } })).toMatchObject({ reason: 'queue-full' })
  })

  test('queue-timeout: after the longest wait', async () => {
    const { enter, due } = createFixture()
    await enter()
    const late = enter()
    for (const run of due) run()
    expect(await late).toMatchObject({ reason: 'queue-timeout' })
  })

  test('body-aborted: the client has disconnected', async () => {
    const { enter, queues } = createFixture()
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
  const { enter, queues } = createFixture()
  const chat = { behind: 'ollama', otherPrefixes: [], model: null, visitor: null }
  const service = aService({ name: 'domain-chat', kind: 'chat', chat })
  await slotOf(enter({ facts: { service } }))
  expect(queues.counts()['ollama']).toMatchObject({ running: 1 })
})

describe('people see', () => {
  test('who runs and who waits, and for how long', async () => {
    const { queues, enter, pass } = createFixture()
    await enter({ principal: { id: 'key:a', user: 'ada' } })
    pass(30)
    void enter({ principal: { id: 'key:b', user: 'bob' } })
    pass(20)
    expect(queues.views()).toEqual({
      ollama: {
        slots: 1,
        running: [{ user: 'ada', principal: 'key:a', model: null, sinceMs: 50 }],
        waiting: [{ user: 'bob', principal: 'key:b', model: null, sinceMs: 20 }],
      },
    })
  })

  test('the key of a token, and not the token', async () => {
    const { queues, enter } = createFixture()
    const parent = aPrincipal({ id: 'key:a' })
    await enter({ principal: { id: 'token:1', kind: 'token', parent } })
    expect(queues.views()['ollama']?.running).toMatchObject([{ principal: 'key:a' }])
  })

  test('nothing of a request that has ended', async () => {
    const { queues, enter } = createFixture()
    const slot = await slotOf(enter())
    slot.release()
    slot.release()
    expect(queues.views()['ollama']).toEqual({ slots: 1, running: [], waiting: [] })
  })
})
