import { describe, expect, test } from 'vitest'
import {
  aBodySource,
  aHead,
  aPrincipal,
  aReservation,
  aRoute,
  aService,
  noLimits,
  otherKey,
  sampleKey,
} from '../../test/support/questions.ts'
import { Admission, type Outcome, type Refusal } from '../model/admission.ts'
import { noCaps } from '../model/caps.ts'
import type { Check } from '../model/decision.ts'
import type { ScopedLimit } from '../model/limit.ts'
import { type Limit, parseLimit } from '../model/limit.ts'
import type { Principal } from '../model/principal.ts'
import type { Reason } from '../model/reason.ts'
import { noAddressRules } from '../policy/address-rules.ts'
import { checks } from '../policy/checks.ts'
import { createRouteTable } from '../policy/route-table.ts'
import { type AdmitDeps, admit } from './admit.ts'
import type { BodySource } from './body-source.ts'
import type { RequestHead } from './request-head.ts'
import type { Slot } from './slot.ts'

const services = [
  aService({ routes: [aRoute({ prefix: '/api' }), aRoute({ prefix: '/v1' })], anonymous: true }),
  aService({
    name: 'image',
    kind: 'http',
    webSockets: ['/ws'],
    routes: [aRoute({ prefix: '/image', strip: true, mode: 'check' })],
  }),
]

/** Records its calls, so that a test can see what was never called. */
function createFixture(over: Partial<AdmitDeps> = {}, principal: Principal = aPrincipal()) {
  const seen = {
    authenticated: [] as string[],
    reserved: [] as string[],
    settled: [] as Outcome[],
    reads: 0,
  }
  const deps: AdmitDeps = {
    findRoute: createRouteTable(services),
    addressRules: () => noAddressRules,
    plainKeyTest: () => null,
    holdsToken: () => false,
    checks,
    authenticate: (credential) => {
      seen.authenticated.push(credential)
      return credential === sampleKey ? principal : 'unknown-key'
    },
    reserve: ({ principal: { id } }) => {
      seen.reserved.push(id)
      return aReservation({
        settle: async (outcome) => {
          seen.settled.push(outcome)
        },
      })
    },
    ...noLimits,
    ...over,
  }
  const source = (body: string | Error): BodySource =>
    aBodySource({
      read: () => {
        seen.reads++
        if (body instanceof Error) return Promise.reject(body)
        return Promise.resolve(body === 'aborted' ? 'aborted' : Buffer.from(body))
      },
    })
  return { seen, deps, source }
}

const goodBody = '{"model":"m","messages":[]}'
const image = (over: Partial<RequestHead> = {}): RequestHead =>
  aHead({
    point: 'check',
    checkedService: 'image',
    method: 'GET',
    target: '/image/ws',
    hasBody: false,
    ...over,
  })

async function reasonOf(
  head: RequestHead,
  fixture = createFixture(),
  body: string | Error = goodBody,
): Promise<Reason | null> {
  const verdict = await admit(head, fixture.source(body), fixture.deps)
  return 'reason' in verdict ? verdict.reason : null
}

describe('a valid request', () => {
  test('is admitted, reserved once, not settled, with the bytes that were checked', async () => {
    const { seen, deps, source } = createFixture()
    const verdict = await admit(aHead(), source(goodBody), deps)
    if ('reason' in verdict) throw new Error(verdict.reason)
    expect(Admission.isAdmission(verdict.admission)).toBe(true)
    expect(verdict.admission.principal.id).toBe('key:abcde01234')
    expect(verdict.bytes?.toString()).toBe(goodBody)
    expect(seen).toEqual({
      authenticated: [sampleKey],
      reserved: ['key:abcde01234'],
      settled: [],
      reads: 1,
    })
  })

  test('is decided before it waits for the ledger and for its slot', async () => {
    const seen: string[] = []
    const enterQueue = async () => {
      seen.push('queue')
      return null
    }
    const reserve = () =>
      aReservation({
        open: async () => {
          seen.push('books')
          return null
        },
      })
    const { deps, source } = createFixture({ enterQueue, reserve })
    const body = { ...source(goodBody), onDecided: () => seen.push('decided') }
    expect(await admit(aHead(), body, deps)).not.toHaveProperty('reason')
    expect(seen).toEqual(['decided', 'books', 'queue'])
  })

  test('on a check route has no body, and none is read', async () => {
    const { seen, deps } = createFixture({}, aPrincipal({ services: ['image'] }))
    const verdict = await admit(image({ target: '/image/' }), null, deps)
    expect(verdict).toMatchObject({ bytes: null })
    expect(seen.reserved).toHaveLength(1)
  })
})

describe('before the head checks pass, no body is read and nothing is charged', () => {
  test.each([
    ['no key', { fields: { 'content-type': ['application/json'] } }, 'no-credential'],
    ['a bad key', { fields: { authorization: [otherKey] } }, 'unknown-key'],
    [
      'two keys',
      { fields: { authorization: [sampleKey], 'x-api-key': [otherKey] } },
      'ambiguous-credential',
    ],
    ['a malformed target', { target: '/api//chat' }, 'malformed-target'],
    ['a key in the target', { target: `/api/chat?k=${sampleKey}` }, 'credential-in-target'],
    ['a model in the query', { target: '/api/chat?model=x' }, 'query-field-refused'],
    ['an unlisted path', { target: '/api/unknown' }, 'unlisted-endpoint'],
    ['a path of no route', { target: '/nowhere' }, 'no-route'],
    ['what is for nobody', { target: '/api/signout' }, 'never-endpoint'],
    ['administration', { target: '/api/pull' }, 'class-not-granted'],
    ['an upgrade', { upgrade: 'h2c' }, 'upgrade-not-relayed'],
    [
      'an upgrade with a query that is refused otherwise',
      { target: '/v1/realtime?model=x', upgrade: 'websocket' },
      'upgrade-not-relayed',
    ],
    ['a check route on the relay', { target: '/image/x' }, 'route-mismatch'],
    [
      'a foreign page',
      { fields: { authorization: [sampleKey], origin: ['https://evil.example'] } },
      'origin-not-allowed',
    ],
  ] as [string, Partial<RequestHead>, Reason][])('%s', async (_, over, reason) => {
    const fixture = createFixture()
    expect(await reasonOf(aHead(over), fixture)).toBe(reason)
    expect(fixture.seen).toMatchObject({ reads: 0, reserved: [], settled: [] })
  })

  test('a malformed head never reaches the key store', async () => {
    const fixture = createFixture()
    await reasonOf(aHead({ target: '/api/../chat' }), fixture)
    expect(fixture.seen.authenticated).toEqual([])
  })
})

describe('a reservation is settled exactly once', () => {
  test.each([
    ['a denial of the body', '{"model":"a","model":"b"}', 'body-ambiguous'],
    ['a body that is no JSON', 'x', 'body-malformed'],
  ] as const)('on %s', async (_, body, reason) => {
    const fixture = createFixture()
    expect(await reasonOf(aHead(), fixture, body)).toBe(reason)
    expect(fixture.seen.reserved).toHaveLength(1)
    expect(fixture.seen.settled).toEqual([{ status: 0, kind: 'failed', answerBytes: 0 }])
  })

  test('on a model that is not allowed', async () => {
    const fixture = createFixture({}, aPrincipal({ models: ['other'] }))
    expect(await reasonOf(aHead(), fixture)).toBe('model-not-allowed')
    expect(fixture.seen.settled).toHaveLength(1)
  })

  // `4_0` is 40 to Python: a value that we cannot read may be any number, so no cap would apply.
  test.each(['200', '"4_0"', '[2]', '{}'])(
    'when a cap cannot be divided among the requested answers: n is %s',
    async (n) => {
      const caps = { ...noCaps, outputTokens: 100 }
      const fixture = createFixture({}, aPrincipal({ caps }))
      const head = aHead({ target: '/v1/chat/completions' })
      const body = `{"model":"m","messages":[],"n":${n}}`
      expect(await reasonOf(head, fixture, body)).toBe('output-too-long')
      expect(fixture.seen.settled).toHaveLength(1)
    },
  )

  test('when the client disconnects while its body is read', async () => {
    const fixture = createFixture()
    expect(await reasonOf(aHead(), fixture, 'aborted')).toBe('body-aborted')
    expect(fixture.seen.settled).toHaveLength(1)
  })

  test('when reading the body fails unexpectedly', async () => {
    const fixture = createFixture()
    const reason = await reasonOf(aHead(), fixture, new Error('bug')).catch(() => 'thrown')
    expect(reason).not.toBeNull()
    expect(fixture.seen.settled).toHaveLength(1)
  })

  test('when a body check throws', async () => {
    const broken: Check = {
      name: 'broken',
      examine: () => {
        throw new Error('bug')
      },
    }
    const fixture = createFixture({ checks: { ...checks, body: [...checks.body, broken] } })
    expect(await reasonOf(aHead(), fixture)).toBe('check-failed')
    expect(fixture.seen.settled).toHaveLength(1)
  })

  test.each(['rate-limited', 'draining'] as const)(
    'and not at all when nothing could be reserved: %s',
    async (reason) => {
      const fixture = createFixture({
        reserve: () => ({ reason, limit: null, retryAfterMs: 1000 }),
      })
      expect(await reasonOf(aHead(), fixture)).toBe(reason)
      expect(fixture.seen).toMatchObject({ settled: [], reads: 0 })
    },
  )
})

describe('an exception denies the request', () => {
  const bug = () => {
    throw new Error('bug')
  }

  test.each([
    ['throws', bug],
    ['rejects', () => Promise.reject(new Error('the file is gone'))],
  ])('a key store that %s', async (_, authenticate) => {
    const fixture = createFixture({ authenticate })
    expect(await reasonOf(aHead(), fixture)).toBe('check-failed')
    expect(fixture.seen).toMatchObject({ reads: 0, reserved: [] })
  })

  test('a key store that throws does not make the caller anonymous', async () => {
    const fixture = createFixture({ authenticate: bug })
    const head = aHead({ method: 'GET', target: '/api/version', hasBody: false })
    expect(await reasonOf(head, fixture)).toBe('check-failed')
  })

  test('a head check that throws', async () => {
    const fixture = createFixture({
      checks: { ...checks, head: [{ name: 'broken', examine: bug }] },
    })
    expect(await reasonOf(aHead(), fixture)).toBe('check-failed')
  })

  test('a ledger that throws', async () => {
    const fixture = createFixture({ reserve: bug })
    expect(await reasonOf(aHead(), fixture)).toBe('check-failed')
    expect(fixture.seen.reads).toBe(0)
  })

  test('a path that cannot be decoded', async () => {
    const head = aHead({ method: 'GET', target: '/v1/models/%ff', hasBody: false })
    const fixture = createFixture()
    expect(await reasonOf(head, fixture)).not.toBeNull()
  })

  test('without any check, an unidentified caller is not admitted', async () => {
    const fixture = createFixture({ checks: { facts: [], caller: [], head: [], body: [] } })
    expect(await reasonOf(aHead({ fields: {} }), fixture)).toBe('check-failed')
    expect(await reasonOf(aHead({ fields: { authorization: [otherKey] } }), fixture)).toBe(
      'check-failed',
    )
  })
})

describe('anonymous callers', () => {
  const version = { method: 'GET', target: '/api/version', hasBody: false }

  test('reach open endpoints, and only without a credential', async () => {
    expect(await reasonOf(aHead({ ...version, fields: {} }))).toBeNull()
    expect(await reasonOf(aHead({ ...version, fields: { authorization: [otherKey] } }))).toBe(
      'unknown-key',
    )
    expect(await reasonOf(aHead({ ...version, target: '/api/tags', fields: {} }))).toBe(
      'no-credential',
    )
  })

  test('not from a foreign page', async () => {
    const fields = { 'sec-fetch-site': ['cross-site'] }
    expect(await reasonOf(aHead({ ...version, fields }))).toBe('cross-site')
  })
})

describe('every carrier of a key leads to the same decision', () => {
  const basic = (key: string) => `Basic ${Buffer.from(`any:${key}`).toString('base64')}`
  const carriers: readonly (readonly [string, (key: string) => Record<string, string[]>])[] = [
    ['Bearer', (key) => ({ authorization: [`Bearer ${key}`] })],
    ['bare Authorization', (key) => ({ authorization: [key] })],
    ['Basic', (key) => ({ authorization: [basic(key)] })],
    ['X-API-Key', (key) => ({ 'x-api-key': [key] })],
    ['api-key', (key) => ({ 'api-key': [key] })],
    ['x-goog-api-key', (key) => ({ 'x-goog-api-key': [key] })],
    ['sub-protocol', (key) => ({ 'sec-websocket-protocol': [key] })],
  ]
  test.each(carriers)('%s', async (_, carry) => {
    const ask = (key: string, target: string) => {
      const fields = { ...carry(key), 'content-type': ['application/json'] }
      return reasonOf(aHead({ fields, target }))
    }
    expect(await ask(sampleKey, '/api/chat')).toBeNull()
    expect(await ask(sampleKey, '/api/pull')).toBe('class-not-granted')
    expect(await ask(otherKey, '/api/chat')).toBe('unknown-key')
  })
})

describe('a key among the sub-protocols never reaches the application', () => {
  const fixture = () => createFixture({}, aPrincipal({ services: ['image'] }))
  const subprotocols = { kind: 'set-subprotocols', subprotocols: ['chat'] }
  const basic = `Basic ${Buffer.from(`any:${sampleKey}`).toString('base64')}`

  test.each([
    ['alone', {}],
    ['beside Bearer', { authorization: [`Bearer ${sampleKey}`] }],
    ['beside X-API-Key', { 'x-api-key': [sampleKey] }],
    ['beside Basic, which a browser adds by itself', { authorization: [basic] }],
  ] as [string, Record<string, string[]>][])('%s', async (_, beside) => {
    const fields = { 'sec-websocket-protocol': [`chat, ${sampleKey}`], ...beside }
    const { deps } = fixture()
    const verdict = await admit(image({ fields, upgrade: 'websocket' }), null, deps)
    if ('reason' in verdict) throw new Error(verdict.reason)
    expect(verdict.admission.obligations).toEqual([subprotocols])
  })
})

describe('what limits and queues add', () => {
  const slot = (over: Partial<Slot> = {}): Slot => ({
    ...{ waitedMs: 0, hasWaited: false, release: () => {} },
    ...over,
  })
  const refusing = (reason: Reason): Refusal => ({ reason, limit: null, retryAfterMs: 5 })

  test('the limits are those of the service and the principal, for checks and ledger alike', async () => {
    const limits: ScopedLimit[] = [
      { scope: 'key', subject: 'key:a', limit: parseLimit('5-prompt-bytes') as Limit },
    ]
    const asked: unknown[] = []
    const fixture = createFixture({
      limitsOf: ({ facts, principal }) => {
        asked.push([facts.service?.name, principal.id])
        return limits
      },
      reserve: (question) => {
        expect(question.limits).toBe(limits)
        return aReservation()
      },
    })
    expect(await reasonOf(aHead(), fixture)).toBe('prompt-too-large')
    expect(asked).toEqual([['ollama', 'key:abcde01234']])
  })

  test('the estimated use of the body is charged before anything is sent', async () => {
    const settled: Outcome[] = []
    const reservation = aReservation({
      extend: () => refusing('quota-exceeded'),
      settle: async (outcome) => {
        settled.push(outcome)
      },
    })
    const fixture = createFixture({ reserve: () => reservation })
    const verdict = await admit(aHead(), fixture.source(goodBody), fixture.deps)
    expect(verdict).toMatchObject({ reason: 'quota-exceeded', refusal: { retryAfterMs: 5 } })
    expect(settled).toHaveLength(1)
  })

  test('a failed audit record refuses the request', async () => {
    const reservation = aReservation({ open: async () => refusing('ledger-unavailable') })
    const fixture = createFixture({ reserve: () => reservation })
    expect(await reasonOf(aHead(), fixture)).toBe('ledger-unavailable')
  })

  test('a request without a slot is refused, and its reservation ends', async () => {
    const fixture = createFixture({ enterQueue: async () => refusing('queue-full') })
    expect(await reasonOf(aHead(), fixture)).toBe('queue-full')
    expect(fixture.seen.settled).toHaveLength(1)
  })

  test('a slot is released once, when the request is settled, and its wait is recorded', async () => {
    let released = 0
    const enterQueue = async () => slot({ waitedMs: 12, release: () => released++ })
    const fixture = createFixture({ enterQueue })
    const verdict = await admit(aHead(), fixture.source(goodBody), fixture.deps)
    if ('reason' in verdict) throw new Error(verdict.reason)
    expect(verdict.admission.waitedMs).toBe(12)
    expect(released).toBe(0)
    await verdict.admission.reservation.settle({ status: 200, kind: 'answered', answerBytes: 1 })
    expect(released).toBe(1)
    expect(fixture.seen.settled).toEqual([expect.objectContaining({ waitedMs: 12 })])
  })

  test('a key revoked while its request waited is refused, and releases its slot', async () => {
    let released = 0
    let isRevoked = false
    const fixture = createFixture({
      authenticate: () => (isRevoked ? 'unknown-key' : aPrincipal()),
      enterQueue: async () => {
        isRevoked = true
        return slot({ hasWaited: true, release: () => released++ })
      },
    })
    expect(await reasonOf(aHead(), fixture)).toBe('unknown-key')
    expect([released, fixture.seen.settled.length]).toEqual([1, 1])
  })

  test('a role changed while the request waited applies as it is now', async () => {
    let role: Principal['role'] = 'readwrite'
    const fixture = createFixture({
      authenticate: () => aPrincipal({ role }),
      enterQueue: async () => {
        role = 'readonly'
        return slot({ hasWaited: true })
      },
    })
    expect(await reasonOf(aHead(), fixture)).toBe('class-not-granted')
  })

  test('nothing stays reserved when a queue throws', async () => {
    const fixture = createFixture({ enterQueue: () => Promise.reject(new Error('bug')) })
    await reasonOf(aHead(), fixture).catch(() => null)
    expect(fixture.seen.settled).toHaveLength(1)
  })
})
