import Koa from 'koa'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { noCaps } from '../../model/caps.ts'
import type { Principal } from '../../model/principal.ts'
import type { Reason } from '../../model/reason.ts'
import { adminTokenRoute } from './admin-token.ts'

const client: Principal = {
  ...{ id: 'client:ci', kind: 'client', user: 'ci', role: 'admin', services: ['control'] },
  ...{ models: [], roleModels: [], cloudModels: null, caps: noCaps, weight: null },
  ...{ capOutput: false, limits: [], isAddressAllowed: null, origins: [], expiresAt: null },
}

let found: Principal | Reason
let base: string
let close: () => void

beforeEach(async () => {
  const application = new Koa()
  application.use(adminTokenRoute(async () => found))
  const server = application.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  base = `http://127.0.0.1:${(server.address() as { port: number }).port}`
  close = () => void server.close()
})
afterEach(() => close())

async function ask(body: object): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${base}/admin-token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return { status: response.status, body: await response.json() }
}

const question = { token: 'a.b.c', clientAddress: '192.0.2.1' }

test('a client that administers is named', async () => {
  found = client
  expect(await ask(question)).toEqual({ status: 200, body: { client: 'client:ci' } })
})

test.each<[string, Principal | Reason]>([
  ['a token that is not valid', 'token-revoked'],
  ['a client that lost the right', { ...client, services: ['*'] }],
  ['a client that is admin no more', { ...client, role: 'readwrite' }],
  ['a client of a team', { ...client, team: 'red' }],
  ['a client that somebody of a team made', { ...client, parent: { ...client, team: 'red' } }],
  ['the holder of a key', { ...client, kind: 'key', id: 'key:abcde01234' }],
  ['a client at another address', { ...client, isAddressAllowed: () => false }],
])('%s is nobody', async (_, principal) => {
  found = principal
  expect(await ask(question)).toEqual({ status: 200, body: { client: null } })
})

test.each([{}, { token: 'a.b.c' }, { ...question, more: 1 }, { ...question, token: '' }])(
  '%j is no question',
  async (body) => {
    found = client
    expect((await ask(body)).status).toBe(400)
  },
)
