import { expect, test } from 'vitest'
import {
  aBodySource,
  anEndpoint,
  aPrincipal,
  aReservation,
  someFacts,
} from '../../../test/support/questions.ts'
import { Admission } from '../../model/admission.ts'
import type { Principal } from '../../model/principal.ts'
import { createHandOver, type HandOverDeps } from './hand-over.ts'

const pattern = '/admin/users/{+id}/quota'
const facts = someFacts({
  endpoint: anEndpoint({ method: 'PUT', pattern, handedOver: true }),
  ...{ endpointPath: '/admin/users/shop%3Aada%40example.com/quota', query: 'take=5' },
})

function requestOf(principal: Principal, bytes: Buffer | null = null, method = 'PUT') {
  const endpoint = anEndpoint({ method, pattern, handedOver: true })
  const parts = {
    facts: { ...facts, endpoint },
    principal,
    obligations: [],
    reservation: aReservation(),
  }
  return { admission: new Admission(parts), field: () => null, body: aBodySource(), bytes }
}

/** Hands a request over and returns what the admin process was told, and the answer. */
async function handOver(request: ReturnType<typeof requestOf>, body?: string) {
  const told: string[] = []
  const ask: HandOverDeps['ask'] = async (json) => {
    told.push(json)
    return { status: 201, text: '{"success":true}' }
  }
  const answer = await createHandOver({ ask, onSilence: () => {} })(request, body)
  return { answer, told: JSON.parse(told[0] ?? '') }
}

test('the admin process is told the row, the parts of the path and the principal', async () => {
  const principal = aPrincipal({ services: ['control'], role: 'admin' })
  const { answer, told } = await handOver(requestOf(principal))
  expect(told).toEqual({
    ...{ method: 'PUT', pattern, params: { id: 'shop:ada@example.com' }, query: 'take=5' },
    principal: {
      ...{ id: principal.id, kind: principal.kind, user: principal.user },
      ...{ role: 'admin', services: ['control'] },
    },
    ...{ clientAddress: facts.clientAddress, userAgent: facts.userAgent },
    ...{ requestId: facts.requestId, body: null },
  })
  expect(answer).toMatchObject({ status: 201, body: '{"success":true}' })
  expect(answer.fields['cache-control']).toBe('no-store')
})

test('no member of a body can change what is stated about its sender', async () => {
  const forged = { principal: { role: 'admin', services: ['control'] }, clientAddress: '::1' }
  const bytes = Buffer.from(JSON.stringify(forged))
  const { told } = await handOver(requestOf(aPrincipal({ services: [], role: 'readonly' }), bytes))
  expect(told.body).toEqual(forged)
  expect(told.principal).toMatchObject({ role: 'readonly', services: [] })
})

test('a body that was sealed is handed over instead of the one that came', async () => {
  const request = requestOf(aPrincipal(), Buffer.from('{"originalKey":"sk-secret"}'))
  expect((await handOver(request, '{"sealed":"x"}')).told.body).toEqual({ sealed: 'x' })
})

test('a narrowed token is not stated to have more than its parent has now', async () => {
  const parent = aPrincipal({ services: ['ollama'], role: 'readonly' })
  const narrowed = aPrincipal({ services: ['ollama', 'control'], role: 'admin', parent })
  const { told } = await handOver(requestOf(narrowed))
  expect(told.principal).toMatchObject({ role: 'readonly', services: ['ollama'] })
})

test('without the admin process a request is refused: control-plane-off', async () => {
  const codes: string[] = []
  const refused = { reason: 'control-plane-off' }
  const onSilence = (code: string) => codes.push(code)
  const ask = () => Promise.reject(Object.assign(new Error('gone'), { code: 'ECONNREFUSED' }))
  const request = requestOf(aPrincipal())
  await expect(createHandOver({ ask: null, onSilence })(request)).rejects.toMatchObject(refused)
  await expect(createHandOver({ ask, onSilence })(request)).rejects.toMatchObject(refused)
  expect(codes).toEqual(['ECONNREFUSED'])
})

test.each([
  ['GET', 4],
  ['PUT', 16],
])(
  'a caller asks %s %i times at a time; others, and administrators, are not kept waiting',
  async (method, max) => {
    const { promise, resolve } = Promise.withResolvers<{ status: number; text: string }>()
    const handOver = createHandOver({ ask: () => promise, onSilence: () => {} })
    const ask = (id: string, over: Partial<Principal> = {}) =>
      handOver(requestOf(aPrincipal({ id, ...over }), null, method))
    const running = Array.from({ length: max }, () => ask('app:shop:eve'))
    const refused = { reason: 'too-many-running' }
    await expect(ask('app:shop:eve')).rejects.toMatchObject(refused)
    const boss: Partial<Principal> = { role: 'admin', services: ['control'] }
    const others = [ask('app:shop:ada'), ...Array.from({ length: 20 }, () => ask('key:boss', boss))]
    resolve({ status: 200, text: '{}' })
    for (const answer of [...running, ...others]) expect((await answer).status).toBe(200)
    expect((await ask('app:shop:eve')).status).toBe(200)
  },
)
