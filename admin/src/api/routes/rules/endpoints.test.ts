import { afterEach, beforeEach, expect, test } from 'vitest'
import { openApi, type TestApi } from '../../../../test/support/open-api.ts'
import { ruleEndpoints } from './endpoints.ts'

let api: TestApi
beforeEach(async () => {
  api = await openApi({ rows: ruleEndpoints })
})
afterEach(() => api.close())

const headers = { 'if-none-match': '*' }
const deny = { ip: '203.0.113.0/24', type: 'deny', reason: 'scans' }
const id = '00000000000000a1'

test('201 and 200: a rule is added by a person and listed; 204: it is removed', async () => {
  const made = await api.as('olga')(`PUT /rules/${id}`, { body: deny, headers })
  expect(made).toMatchObject({
    status: 201,
    body: { id, ip: '203.0.113.0/24', type: 'deny', active: true, addedBy: 'olga', app: null },
  })
  const list = await api.as('audrey')('GET /rules?type=deny&q=SCANS')
  expect(list.body).toMatchObject({ items: [{ id }], total: 1, ownAddress: '127.0.0.1' })
  expect((await api.as('adam')(`DELETE /rules/${id}`)).status).toBe(204)
  expect((await api.as('audrey')('GET /rules')).body.total).toBe(0)
  expect((await api.acts()).map(({ event }) => event)).toEqual([
    'address_rule.added',
    'address_rule.removed',
  ])
})

test('400: an address that is none', async () => {
  const body = { ...deny, ip: 'home' }
  const answer = await api.as('olga')(`PUT /rules/${id}`, { body, headers })
  expect(answer).toMatchObject({ status: 400, body: { problems: [{ path: 'ip' }] } })
})

test('403: members see no rules, and auditors add none', async () => {
  expect((await api.as('mia')('GET /rules')).status).toBe(403)
  const answer = await api.as('audrey')(`PUT /rules/${id}`, { body: deny, headers })
  expect(answer.status).toBe(403)
})

test('404: no rule has the id', async () => {
  expect((await api.as('olga')(`DELETE /rules/${id}`)).status).toBe(404)
})

test('409: a rule that refuses its maker needs a confirmation; an id is given once', async () => {
  const own = { ip: '127.0.0.0/8', type: 'deny' }
  const refused = await api.as('olga')(`PUT /rules/${id}`, { body: own, headers })
  expect(refused).toMatchObject({ status: 409, body: { reason: 'conflict' } })
  const body = { ...own, confirm: true }
  expect((await api.as('olga')(`PUT /rules/${id}`, { body, headers })).status).toBe(201)
  const again = await api.as('olga')(`PUT /rules/${id}`, { body, headers })
  expect(again.body.reason).toBe('exists')
})

test('428: an addition says that it is one', async () => {
  expect((await api.as('olga')(`PUT /rules/${id}`, { body: deny })).status).toBe(428)
})
