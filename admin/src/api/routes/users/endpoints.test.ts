import { mkdir, writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openApi, type TestApi } from '../../../../test/support/open-api.ts'
import { userEndpoints } from './endpoints.ts'

let api: TestApi
beforeEach(async () => {
  api = await openApi({ rows: userEndpoints })
  await mkdir(api.keysDir, { recursive: true })
  const secrets = [{ sha256: 'a'.repeat(64), createdAt: null, expiresAt: null }]
  const shop = { role: 'readwrite', secrets, app: { dailyQuota: 100 } }
  const open = { role: 'readwrite', app: { public: true, totalPerDay: 10 } }
  const clients = { shop, open }
  await writeFile(api.installation.clientsFile, JSON.stringify({ version: 1, clients }))
})
afterEach(() => api.close())

const headers = { 'if-none-match': '*' }
const idOf = (name: string) => Buffer.from(name).toString('base64url')
/** A name that a path could not carry. */
const ada = idOf('shop:ada/../ä %2f')

test('201, 200 and 204: a user is written down, listed, changed and removed', async () => {
  const made = await api.as('olga')(`PUT /users/${ada}`, { body: { dailyQuota: 5 }, headers })
  expect(made).toMatchObject({
    status: 201,
    body: { id: ada, appId: 'shop', userId: 'ada/../ä %2f', dailyQuota: 5, monthlyQuota: 3000 },
  })
  const list = await api.as('audrey')('GET /users?app=shop&q=ADA')
  expect(list.body).toMatchObject({ items: [{ id: ada, costMicroUsd: '0' }], total: 1, next: null })
  const { etag } = await api.as('olga')(`GET /users/${ada}`)
  const changed = await api.as('adam')(`PATCH /users/${ada}`, {
    body: { monthlyQuota: null },
    headers: { 'if-match': etag ?? '' },
  })
  expect(changed).toMatchObject({ status: 200, body: { dailyQuota: 5, monthlyQuota: null } })
  const late = await api.as('adam')(`PATCH /users/${ada}`, {
    body: { monthlyQuota: 1 },
    headers: { 'if-match': etag ?? '' },
  })
  expect(late).toMatchObject({ status: 412, body: { reason: 'changed' } })
  expect((await api.as('adam')(`DELETE /users/${ada}`)).status).toBe(204)
  expect((await api.acts()).map(({ event }) => event)).toEqual([
    'user.created',
    'user.quota_changed',
    'user.removed',
  ])
})

test('pages follow one another by cursor', async () => {
  for (const name of ['ann', 'bob', 'cyd']) {
    await api.as('olga')(`PUT /users/${idOf(`shop:${name}`)}`, { body: {}, headers })
  }
  const first = (await api.as('olga')('GET /users?limit=2')).body
  expect(first.items.map(({ userId }: { userId: string }) => userId)).toEqual(['ann', 'bob'])
  const rest = (await api.as('olga')(`GET /users?limit=2&cursor=${first.next}`)).body
  expect(rest).toMatchObject({ items: [{ userId: 'cyd' }], next: null, total: 3 })
})

test.each(['nobody:ada', 'open:ada', 'shop:a', 'shop', ':ada'])(
  '400: %s is no user',
  async (name) => {
    const answer = await api.as('olga')(`PUT /users/${idOf(name)}`, { body: {}, headers })
    expect(answer).toMatchObject({ status: 400, body: { problems: [{ path: 'id' }] } })
  },
)

test('403, 404, 409 and 428', async () => {
  expect((await api.as('mia')('GET /users')).status).toBe(403)
  expect((await api.as('audrey')(`PUT /users/${ada}`, { body: {}, headers })).status).toBe(403)
  expect((await api.as('olga')(`GET /users/${ada}`)).status).toBe(404)
  expect((await api.as('olga')(`PATCH /users/${ada}`, { body: {} })).status).toBe(404)
  expect((await api.as('olga')(`DELETE /users/${ada}`)).status).toBe(404)
  expect((await api.as('olga')(`PUT /users/${ada}`, { body: {} })).status).toBe(428)
  await api.as('olga')(`PUT /users/${ada}`, { body: {}, headers })
  const again = await api.as('olga')(`PUT /users/${ada}`, { body: {}, headers })
  expect(again.body.reason).toBe('exists')
  expect((await api.as('olga')(`PATCH /users/${ada}`, { body: {} })).status).toBe(428)
})
