import { setTimeout } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import {
  openTestConsole,
  type TestConsole,
  testOrigin,
  testPeople,
} from '../../test/support/test-console.ts'
import { defineEndpoint, type Endpoint } from './endpoint.ts'

const id = z.strictObject({ id: z.string().regex(/^[a-z0-9]{1,32}$/) })
const thing = z.strictObject({ name: z.string(), more: z.unknown().optional() })

/** How many calls of a caller run. */
const slow = new Map<string, number>()

const rows: readonly Endpoint[] = [
  defineEndpoint({
    ...{ method: 'GET', path: '/open', summary: 'Open.', roles: 'open', answers: { 200: null } },
    handle: async ({ caller }) => ({ status: 200, body: { caller: caller.id } }),
  }),
  defineEndpoint({
    ...{ method: 'GET', path: '/things/:id', summary: 'One.', roles: 'any', params: id },
    answers: { 200: null },
    handle: async ({ caller, params }) => ({
      status: 200,
      body: { caller: caller.id, id: params.id },
      etag: 'tag',
    }),
  }),
  defineEndpoint({
    ...{ method: 'PUT', path: '/things/:id', summary: 'Makes.', params: id, body: thing },
    ...{ roles: ['owner', 'admin'], event: 'thing.added', answers: { 201: null } },
    handle: async ({ body, record, params, isCreation, ifMatch }) => {
      await record([{ event: 'thing.added', thing: params.id }])
      return { status: 201, body: { body, isCreation, ifMatch } }
    },
  }),
  defineEndpoint({
    ...{ method: 'DELETE', path: '/things/:id', summary: 'Removes.', params: id },
    ...{ roles: ['owner'], stepUp: 'data.erase', event: 'thing.removed', answers: { 204: null } },
    handle: async () => ({ status: 204 }),
  }),
  defineEndpoint({
    ...{ method: 'GET', path: '/slow', summary: 'Slow.', roles: 'any', answers: { 200: null } },
    handle: async ({ caller }) => {
      const running = (slow.get(caller.name) ?? 0) + 1
      slow.set(caller.name, running)
      await setTimeout(20)
      slow.set(caller.name, (slow.get(caller.name) ?? 1) - 1)
      return { status: 200, body: { running } }
    },
  }),
  defineEndpoint({
    ...{ method: 'POST', path: '/fault', summary: 'Fails.', roles: 'any', event: null },
    answers: { 204: null },
    handle: () => Promise.reject(new Error('the secret is gk_cause')),
  }),
]

let site: TestConsole
beforeEach(async () => {
  site = await openTestConsole({ rows: () => rows, requestTimeoutMs: 1_500 })
})
afterEach(() => site.close())

const problem = (status: number, reason: string) => ({
  status,
  body: { type: 'about:blank', status, reason, detail: expect.any(String) },
})

describe('who may call', () => {
  test('both halves of a session are a caller, with the rights of now', async () => {
    const as = await site.signIn('mia')
    const answer = await site.call('GET', '/admin/v1/things/a', { as })
    expect(answer).toMatchObject({ status: 200, body: { caller: 'person:member0001', id: 'a' } })
    expect(answer.fields).toMatchObject({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
      etag: '"tag"',
    })
  })

  test('one half is no session, nor are two cookies, nor halves of two sessions', async () => {
    const as = await site.signIn('mia')
    const other = await site.signIn('mia')
    const cookie = `__Host-gk_session=${as.cookie}`
    const shown: Record<string, string>[] = [
      {},
      { cookie },
      { 'x-gatekeeper-session': as.half },
      { cookie, 'x-gatekeeper-session': other.half },
      { cookie, 'x-gatekeeper-session': as.cookie },
      { cookie: `${cookie}; ${cookie}`, 'x-gatekeeper-session': as.half },
      {
        cookie: `${cookie}; __Host-gk_session=${other.cookie}`,
        'x-gatekeeper-session': as.half,
      },
      { cookie: `__host-gk_session=x; ${cookie}`, 'x-gatekeeper-session': as.half },
      { cookie: `${cookie}x`, 'x-gatekeeper-session': as.half },
    ]
    for (const fields of shown) {
      const answer = await site.call('GET', '/admin/v1/things/a', { fields })
      expect(answer, JSON.stringify(fields)).toMatchObject(problem(401, 'no_session'))
    }
    const good = { cookie: `a=b; ${cookie}; c=d`, 'x-gatekeeper-session': as.half }
    const answer = await site.call('GET', '/admin/v1/things/a', { fields: good })
    expect(answer.status).toBe(200)
  })

  test('a session ends when it is idle for half an hour, and after twelve hours in any case', async () => {
    const as = await site.signIn('mia')
    const status = async () => (await site.call('GET', '/admin/v1/things/a', { as })).status
    for (let at = 0; at < 24; at++) {
      site.pass(29.9 * 60_000)
      expect(await status()).toBe(200)
    }
    site.pass(6 * 60_000)
    expect(await status()).toBe(401)
    const idle = await site.signIn('mia')
    site.pass(30 * 60_000)
    expect((await site.call('GET', '/admin/v1/things/a', { as: idle })).status).toBe(401)
  })

  test('disabling a person ends their sessions for good', async () => {
    const as = await site.signIn('mia')
    const mia = { id: 'member0001', name: 'mia', role: 'member' } as const
    const owner = { id: 'owner00001', name: 'olga', role: 'owner' } as const
    await site.writePeople([owner, { ...mia, disabled: true }])
    await site.deps.people.reload()
    expect((await site.call('GET', '/admin/v1/things/a', { as })).status).toBe(401)
    await site.writePeople([owner, mia])
    await site.deps.people.reload()
    expect((await site.call('GET', '/admin/v1/things/a', { as })).status).toBe(401)
  })

  test('a call whose body comes after the rights went does nothing', async () => {
    const people = [...testPeople.filter(({ name }) => name !== 'adam')]
    const adam = { id: 'admin00001', name: 'adam' }
    for (const [then, answer] of [
      [{ ...adam, role: 'admin', disabled: true }, problem(401, 'no_session')],
      [{ ...adam, role: 'member' }, problem(403, 'role')],
    ] as const) {
      await site.writePeople(testPeople)
      await site.deps.people.reload()
      const as = await site.signIn('adam')
      const held = await site.hold('PUT', '/admin/v1/things/a', { as, body: { name: 'x' } })
      await site.writePeople([...people, then])
      await site.deps.people.reload()
      expect(await held.end()).toMatchObject(answer)
    }
    expect((await site.acts()).filter(({ success }) => success !== false)).toEqual([])
  })

  test('a flood of one caller runs a few at a time, and keeps nobody else waiting', async () => {
    const [mia, olga] = [await site.signIn('mia'), await site.signIn('olga')]
    const ask = (as: typeof mia) => site.call('GET', '/admin/v1/slow', { as })
    const flood = Array.from({ length: 100 }, () => ask(mia))
    expect(await ask(olga)).toMatchObject({ status: 200, body: { running: 1 } })
    const answers = await Promise.all(flood)
    expect(Math.max(...answers.map(({ body }) => body.running ?? 0))).toBeLessThanOrEqual(4)
    const refused = answers.filter(({ status }) => status !== 200)
    expect(refused.every(({ body }) => body.reason === 'too_many')).toBe(true)
    expect(await ask(mia)).toMatchObject({ status: 200, body: { running: 1 } })
  })

  test('a token beside a cookie is refused, and an unknown token is nobody', async () => {
    const as = await site.signIn('olga')
    const both = { as, fields: { authorization: 'Bearer abc' } }
    expect(await site.call('GET', '/admin/v1/things/a', both)).toMatchObject(
      problem(400, 'invalid'),
    )
    const alone = { fields: { authorization: 'Bearer abc', 'sec-fetch-site': '' } }
    expect(await site.call('GET', '/admin/v1/things/a', alone)).toMatchObject(
      problem(401, 'no_session'),
    )
  })

  test('a token of a client needs no page, and proves no act of a person', async () => {
    await site.close()
    const client = {
      id: 'client:ci',
      name: 'ci',
      role: 'owner',
      team: null,
      person: null,
      session: null,
    } as const
    const findClient = async (token: string) => (token === 'good' ? client : null)
    site = await openTestConsole({ rows: () => rows, findClient })
    const fields = { authorization: 'Bearer good', 'sec-fetch-site': '', origin: '' }
    const put = { fields, body: { name: 'x' } }
    expect((await site.call('PUT', '/admin/v1/things/a', put)).status).toBe(201)
    expect(await site.acts()).toMatchObject([{ event: 'thing.added', principal: 'client:ci' }])
    const session = await site.signIn('olga')
    const proof = await site.prove(session, 'data.erase', 'a')
    const proven = { fields: { ...fields, 'x-gatekeeper-step-up': proof } }
    expect(await site.call('DELETE', '/admin/v1/things/a', proven)).toMatchObject(
      problem(403, 'step_up_required'),
    )
    const half = { fields: { ...fields, 'x-gatekeeper-session': session.half } }
    expect((await site.call('GET', '/admin/v1/things/a', half)).body.caller).toBe('client:ci')
  })

  test('without a session nothing can be found out about paths', async () => {
    for (const path of ['/admin/v1/things/a', '/admin/v1/nothing', '/admin/v1', '/admin/v1/']) {
      for (const method of ['GET', 'POST', 'PATCH', 'TRACE']) {
        expect((await site.call(method, path)).status, `${method} ${path}`).toBe(401)
      }
    }
    const as = await site.signIn('mia')
    expect(await site.call('GET', '/admin/v1/nothing', { as })).toMatchObject(
      problem(404, 'not_found'),
    )
  })

  test('another method of a path is refused with those that it has (RFC 9110 §15.5.6)', async () => {
    const as = await site.signIn('mia')
    for (const method of ['POST', 'PATCH', 'OPTIONS', 'TRACE']) {
      const answer = await site.call(method, '/admin/v1/things/a', { as })
      expect(answer, method).toMatchObject(problem(405, 'method_not_allowed'))
      expect(answer.fields['allow']).toBe('GET, HEAD, PUT, DELETE')
    }
    expect(await site.call('TRACE', '/admin/v1/nothing', { as })).toMatchObject(
      problem(404, 'not_found'),
    )
  })
})

test('431: fields that are too large get an answer, and not a closed connection', async () => {
  const fields = { 'x-much': 'x'.repeat(20_000) }
  const answer = await site.call('GET', '/admin/v1/open', { fields })
  expect(answer).toMatchObject(problem(431, 'fields_too_large'))
})

describe('where a call comes from', () => {
  const foreign: Record<string, string>[] = [
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'none' },
    { 'sec-fetch-site': 'same-origin', origin: 'https://localhost:8443' },
    { 'sec-fetch-site': 'same-origin', origin: 'null' },
    { 'sec-fetch-site': '', origin: 'https://console.localhost:8443' },
    { 'sec-fetch-site': '', origin: '' },
  ]

  test.each(foreign)('a call with %j is refused, signed in or not', async (fields) => {
    const as = await site.signIn('olga')
    for (const call of [{ as, fields }, { fields }]) {
      for (const [method, path] of [
        ['GET', '/things/a'],
        ['PUT', '/things/a'],
        ['GET', '/open'],
      ] as const) {
        const answer = await site.call(method, `/admin/v1${path}`, call)
        expect(answer, `${method} ${path}`).toMatchObject(problem(403, 'not_same_origin'))
        expect(JSON.stringify(answer.fields)).not.toContain('access-control')
      }
    }
  })

  test('a browser without Sec-Fetch-Site may call with its Origin', async () => {
    const fields = { 'sec-fetch-site': '', origin: testOrigin }
    expect((await site.call('GET', '/admin/v1/open', { fields })).status).toBe(200)
  })

  test('a preflight gets no permission', async () => {
    const fields = {
      ...{ origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
      'access-control-request-method': 'PUT',
    }
    const answer = await site.call('OPTIONS', '/admin/v1/things/a', { fields })
    expect(answer).toMatchObject(problem(403, 'not_same_origin'))
    expect(JSON.stringify(answer.fields)).not.toContain('access-control')
  })

  test.each([
    [{ 'x-gatekeeper-edge': '' }, 403, 'not_from_front'],
    [{ 'x-gatekeeper-edge': 'f'.repeat(64) }, 403, 'not_from_front'],
    [{ host: 'evil.example' }, 421, 'wrong_host'],
    [{ host: 'console.localhost' }, 421, 'wrong_host'],
  ])('not through Caddy, or under another name: %j', async (fields, status, reason) => {
    expect(await site.call('GET', '/admin/v1/open', { fields })).toMatchObject(
      problem(status, reason),
    )
  })

  test.each(['/admin/v1/../v1/open', '/admin//v1/open', '/admin/v1/things/%2e%2e', '/x%2fy'])(
    'a path with two readings is refused: %s',
    async (path) => {
      expect((await site.call('GET', path)).status).toBe(400)
    },
  )
})

describe('the parts of a call', () => {
  const put = (call: object) => site.call('PUT', '/admin/v1/things/a', call)

  test('a good call reaches the handler with its conditions', async () => {
    const as = await site.signIn('adam')
    const fields = { 'if-none-match': '*', 'if-match': '"abc"' }
    expect(await put({ as, fields, body: { name: 'x' } })).toMatchObject({
      status: 201,
      body: { body: { name: 'x' }, isCreation: true, ifMatch: 'abc' },
    })
    expect(await site.acts()).toMatchObject([
      { event: 'thing.added', principal: expect.any(String), requestId: expect.any(String) },
    ])
  })

  test.each([
    ['{"name":"x","name":"y"}', 400, 'invalid'],
    ['{"name":"x","more":{"a":1,"a":2}}', 400, 'invalid'],
    ['{"name":"x","__proto__":{"role":"owner"}}', 400, 'invalid'],
    ['{"name":"x","\\u005f_proto__":{"role":"owner"}}', 400, 'invalid'],
    ['{"name":"x","constructor":{"prototype":{}}}', 400, 'invalid'],
    ['{"name":"x"', 400, 'invalid'],
    ['[]', 400, 'invalid'],
    ['"x"', 400, 'invalid'],
    ['', 400, 'invalid'],
    ['{"name":1}', 400, 'invalid'],
    [`{"name":"${'x'.repeat(65 * 1024)}"}`, 413, 'too_large'],
  ])('a body that is not right is refused: %.40s', async (rawBody, status, reason) => {
    const as = await site.signIn('adam')
    expect(await put({ as, rawBody })).toMatchObject(problem(status, reason))
  })

  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/json; charset=utf-16',
    'application/problem+json',
    '',
  ])('a body of the type "%s" is refused', async (type) => {
    const as = await site.signIn('adam')
    const fields = { 'content-type': type }
    expect(await put({ as, rawBody: 'name=x', fields })).toMatchObject(
      problem(415, 'unsupported_media_type'),
    )
  })

  test('a compressed body is refused', async () => {
    const as = await site.signIn('adam')
    const fields = { 'content-encoding': 'gzip' }
    expect((await put({ as, body: { name: 'x' }, fields })).status).toBe(415)
  })

  test('a body that never comes ends with its connection', async () => {
    const as = await site.signIn('adam')
    const fields = { 'content-length': '500' }
    await expect(put({ as, body: { name: 'x' }, fields })).rejects.toThrow()
  })

  test.each(['/things/A', '/things/a?x=1', '/things/a?x=1&x=2', `/things/${'a'.repeat(40)}`])(
    'params and query have only what the row knows: %s',
    async (path) => {
      const as = await site.signIn('mia')
      expect(await site.call('GET', `/admin/v1${path}`, { as })).toMatchObject(
        problem(400, 'invalid'),
      )
    },
  )

  test('a tag that is weak or not in quotes is refused', async () => {
    const as = await site.signIn('adam')
    for (const tag of ['W/"abc"', 'abc', '"a", "b"', '*']) {
      const fields = { 'if-match': tag }
      expect((await put({ as, body: { name: 'x' }, fields })).status, tag).toBe(400)
    }
  })
})

describe('what a caller may do', () => {
  test('a role that is not named is refused, and the attempt is on record', async () => {
    const as = await site.signIn('aude')
    const answer = await site.call('PUT', '/admin/v1/things/a', { as, body: { name: 'x' } })
    expect(answer).toMatchObject(problem(403, 'role'))
    expect(await site.acts()).toMatchObject([
      { event: 'thing.added', success: false, reason: 'role' },
    ])
  })

  test('attempts of one caller are recorded to a bound', async () => {
    const as = await site.signIn('aude')
    for (let at = 0; at < 30; at++) {
      await site.call('PUT', '/admin/v1/things/a', { as, body: { name: 'x' } })
    }
    expect(await site.acts()).toHaveLength(20)
  })

  test('an act that needs a proof takes one of this session, act and target, once', async () => {
    const as = await site.signIn('olga')
    const other = await site.signIn('olga')
    const remove = (proof: string) =>
      site.call('DELETE', '/admin/v1/things/a', {
        as,
        fields: proof === '' ? {} : { 'x-gatekeeper-step-up': proof },
      })
    expect(await remove('')).toMatchObject({
      status: 403,
      body: { reason: 'step_up_required', act: 'data.erase' },
    })
    for (const proof of [
      await site.prove(other, 'data.erase', 'a'),
      await site.prove(as, 'data.export', 'a'),
      await site.prove(as, 'data.erase', 'b'),
      'x',
    ]) {
      expect((await remove(proof)).status).toBe(403)
    }
    const good = await site.prove(as, 'data.erase', 'a')
    expect((await remove(good)).status).toBe(204)
    expect((await remove(good)).status).toBe(403)
  })

  test('a fault is logged with its cause and answered without it', async () => {
    const as = await site.signIn('mia')
    const answer = await site.call('POST', '/admin/v1/fault', { as })
    expect(answer).toMatchObject(problem(500, 'fault'))
    expect(answer.text).not.toContain('gk_cause')
    expect(site.faults).toHaveLength(1)
  })
})
