import { readFile } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openApi, type TestApi, usualPeople } from '../../../../test/support/open-api.ts'
import { clientEndpoints } from './endpoints.ts'

const people = {
  ...usualPeople,
  olga: {
    ...usualPeople.olga,
    access: { role: 'admin', services: ['*', 'control'], models: [], limits: [] },
  },
} as const

let api: TestApi
beforeEach(async () => {
  api = await openApi({ rows: clientEndpoints, people })
})
afterEach(() => api.close())

const headers = { 'if-none-match': '*' }
const ci = { services: ['ollama'], limits: ['60/min'] }
const shop = { app: { dailyQuota: null, monthlyQuota: 500, providers: [] } }

async function make(id: string, body: object) {
  const made = await api.as('olga')(`PUT /clients/${id}`, { body, headers })
  expect(made.status, made.text).toBe(201)
  return made
}

async function ifMatchOf(id: string) {
  const { etag } = await api.as('olga')(`GET /clients/${id}`)
  return { 'if-match': etag ?? '' }
}

describe('201', () => {
  test('a client is made, and its secret stands in this answer alone', async () => {
    const made = await make('ci-runner', ci)
    expect(made.body).toMatchObject({
      ...{ id: 'ci-runner', role: 'readwrite', services: ['ollama'], scopes: ['chat'] },
      ...{ madeBy: 'olga000000', state: 'active', app: null, isFixed: false },
      secret: expect.stringMatching(/^.{30,}$/),
    })
    const list = await api.as('audrey')('GET /clients')
    const one = await api.as('audrey')('GET /clients/ci-runner')
    const file = await readFile(api.installation.clientsFile, 'utf8')
    const { sha256 } = JSON.parse(file).clients['ci-runner'].secrets[0]
    for (const text of [list.text, one.text, file, JSON.stringify(await api.acts())]) {
      expect(text).not.toContain(made.body.secret)
    }
    for (const text of [made.text, list.text, one.text]) expect(text).not.toContain(sha256)
  })

  test('an app has quotas, of which null is none', async () => {
    const made = await make('shop', shop)
    expect(made.body.app).toMatchObject({ dailyQuota: null, monthlyQuota: 500, public: false })
    expect(made.body.secret).toEqual(expect.any(String))
  })

  test('a public app has no secret', async () => {
    const made = await make('widget', { app: { public: true, totalPerDay: 1000 } })
    expect(made.body).toMatchObject({ secret: null, app: { public: true, totalPerDay: 1000 } })
  })

  test('a client that administers is made with a proof for it', async () => {
    const body = { role: 'admin', services: ['control'] }
    const none = await api.as('olga')('PUT /clients/iac', { body, headers })
    expect(none).toMatchObject({ status: 403, body: { act: 'client.control' } })
    const proof = await api.prove('olga', 'client.control', 'iac')
    const made = await api.as('olga')('PUT /clients/iac', {
      body,
      headers: { ...headers, ...proof },
    })
    expect(made.status, made.text).toBe(201)
    const rotate = async (more: Record<string, string>) =>
      await api.as('olga')('POST /clients/iac/rotate', { body: {}, headers: more })
    expect(await rotate({})).toMatchObject({ status: 403, body: { act: 'client.control' } })
    expect((await rotate(await api.prove('olga', 'client.control', 'iac'))).status).toBe(200)
  })
})

describe('200', () => {
  test('a list counts apps and clients', async () => {
    await make('ci-runner', ci)
    await make('shop', shop)
    const { body } = await api.as('audrey')('GET /clients?kind=app')
    expect(body).toMatchObject({ items: [{ id: 'shop' }], counts: { all: 2, app: 1, client: 1 } })
  })

  test('a change names members, also of an app, and the rest stays', async () => {
    await make('shop', shop)
    const changed = await api.as('adam')('PATCH /clients/shop', {
      body: { app: { monthlyQuota: null }, disabled: true },
      headers: await ifMatchOf('shop'),
    })
    expect(changed).toMatchObject({
      status: 200,
      body: { state: 'disabled', app: { dailyQuota: null, monthlyQuota: null } },
    })
    const acts = await api.acts()
    expect(acts.map(({ event }) => event)).toEqual(['client.added', 'client.changed'])
  })

  test('a rotation shows the new secret', async () => {
    const made = await make('ci-runner', ci)
    const rotated = await api.as('olga')('POST /clients/ci-runner/rotate', {
      body: { overlapHours: 1 },
    })
    expect(rotated.body).toMatchObject({ state: 'rotating', secret: expect.any(String) })
    expect(rotated.body.secret).not.toBe(made.body.secret)
  })
})

test('204: a removed client is gone', async () => {
  await make('ci-runner', ci)
  expect((await api.as('adam')('DELETE /clients/ci-runner')).status).toBe(204)
  expect((await api.as('adam')('GET /clients/ci-runner')).status).toBe(404)
})

describe('400', () => {
  test.each([
    [{ services: ['olama'] }, 'services.0', /did you mean ollama/],
    [{ services: [] }, 'services', /names no service/],
    [{ ...ci, limits: ['x'] }, 'limits.0', /limit such as/],
    [{ ...ci, scopes: ['a b'] }, 'scopes.0', /scope value/],
    [{ ...ci, tokenSeconds: 5 }, 'tokenSeconds', /./],
    [{ ...ci, expiresAt: '2020-01-01T00:00:00Z' }, 'expiresAt', /past/],
    [{ app: { public: true } }, 'app.totalPerDay', /public app needs it/],
    [{ app: { providers: ['nobody'] } }, 'app.providers.0', /no such service/],
  ])('%j', async (body, path, message) => {
    const answer = await api.as('olga')('PUT /clients/ci-runner', { body, headers })
    expect(answer.status, answer.text).toBe(400)
    const found = answer.body.problems.find((problem: { path: string }) => problem.path === path)
    expect(found?.message, answer.text).toMatch(message)
  })
})

describe('403', () => {
  test('members neither see nor make clients, and auditors make none', async () => {
    expect((await api.as('mia')('GET /clients')).status).toBe(403)
    for (const name of ['mia', 'audrey']) {
      const answer = await api.as(name)('PUT /clients/ci-runner', { body: ci, headers })
      expect(answer).toMatchObject({ status: 403, body: { reason: 'role' } })
    }
  })

  test('nobody gives a client what they may not use themselves', async () => {
    const body = { role: 'admin', services: ['control'] }
    const proof = await api.prove('adam', 'client.control', 'iac')
    const answer = await api.as('adam')('PUT /clients/iac', {
      body,
      headers: { ...headers, ...proof },
    })
    expect(answer).toMatchObject({ status: 403, body: { problems: [{ path: 'services.0' }] } })
  })

  test('a rotation needs a sign-in of the last ten minutes', async () => {
    await make('ci-runner', ci)
    api.pass(11 * 60_000)
    const late = await api.as('olga')('POST /clients/ci-runner/rotate', { body: {} })
    expect(late).toMatchObject({ status: 403, body: { reason: 'recent_sign_in_required' } })
  })
})

test('404: there is no such client', async () => {
  expect((await api.as('olga')('GET /clients/nobody')).status).toBe(404)
  expect((await api.as('olga')('DELETE /clients/nobody')).status).toBe(404)
  expect((await api.as('olga')('POST /clients/nobody/rotate', { body: {} })).status).toBe(404)
})

test('409, 412 and 428', async () => {
  await make('ci-runner', ci)
  const again = await api.as('olga')('PUT /clients/ci-runner', { body: ci, headers })
  expect(again.body.reason).toBe('exists')
  const unsaid = await api.as('olga')('PUT /clients/other', { body: ci })
  expect(unsaid.status).toBe(428)
  const seen = await ifMatchOf('ci-runner')
  const body = { disabled: true }
  expect((await api.as('olga')('PATCH /clients/ci-runner', { body })).status).toBe(428)
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, at) =>
      api.as('olga')('PATCH /clients/ci-runner', {
        body: { tokenSeconds: 60 + at },
        headers: seen,
      }),
    ),
  )
  const statuses = answers.map(({ status }) => status).toSorted()
  expect(statuses).toEqual([200, ...Array.from({ length: 9 }, () => 412)])
})
