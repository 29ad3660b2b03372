import { writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openTestConsole, type TestConsole } from '../../../../test/support/test-console.ts'
import { sessionView } from './schema.ts'

let site: TestConsole
beforeEach(async () => {
  site = await openTestConsole()
})
afterEach(() => site.close())

test('a session is described with when it ends', async () => {
  const as = await site.signIn('olga')
  site.pass(60_000)
  const { status, body } = await site.call('GET', '/admin/v1/session', { as })
  expect(status).toBe(200)
  expect(sessionView.parse(body)).toMatchObject({
    person: { id: 'owner00001', name: 'olga', role: 'owner', access: null },
    session: {
      ...{ id: as.id, createdAt: '2026-11-29T12:00:00.000Z' },
      ...{ idleUntil: '2026-11-29T12:31:00.000Z', endsAt: '2026-11-30T00:00:00.000Z' },
    },
    passkeys: 0,
    counts: { people: 5, keys: 0 },
  })
})

test('what a member is told says nothing about others or the host', async () => {
  const as = await site.signIn('mia')
  const { body } = await site.call('GET', '/admin/v1/session', { as })
  expect(body).toMatchObject({
    counts: { keys: 0, clients: 0, people: 0, providerKeys: 0 },
    degraded: [],
  })
})

test('a gatekeeper that does not answer is said, and the rest is answered', async () => {
  const as = await site.signIn('aude')
  const { body } = await site.call('GET', '/admin/v1/session', { as })
  expect(body.degraded).toMatchObject([{ part: 'gatekeeper' }])
})

test('signing out ends this session alone, and is on record', async () => {
  const as = await site.signIn('mia')
  const other = await site.signIn('mia')
  expect((await site.call('DELETE', '/admin/v1/session', { as })).status).toBe(204)
  expect((await site.call('GET', '/admin/v1/session', { as })).status).toBe(401)
  expect((await site.call('GET', '/admin/v1/session', { as: other })).status).toBe(200)
  expect(await site.acts()).toMatchObject([
    { event: 'signin.ended', person: 'member0001', principal: 'person:member0001' },
  ])
})

test('signing out works where the audit cannot be written, and the console says so', async () => {
  await writeFile(site.installation.auditFolder, 'a file where the folder would be')
  const [as, other] = [await site.signIn('olga'), await site.signIn('olga')]
  expect((await site.call('DELETE', '/admin/v1/session', { as })).status).toBe(204)
  expect((await site.call('GET', '/admin/v1/session', { as })).status).toBe(401)
  const { body } = await site.call('GET', '/admin/v1/session', { as: other })
  expect(body.degraded).toMatchObject([{ part: 'audit' }, { part: 'gatekeeper' }])
})

test('disabling a person works there too, and nothing else does', async () => {
  await writeFile(site.installation.auditFolder, 'a file where the folder would be')
  const as = await site.signIn('olga')
  const { fields } = await site.call('GET', '/admin/v1/people/member0001', { as })
  const patch = async (body: object) =>
    await site.call('PATCH', '/admin/v1/people/member0001', {
      ...{ as, body, fields: { 'if-match': String(fields['etag']) } },
    })
  expect(await patch({ title: 'x' })).toMatchObject({
    ...{ status: 503, body: { reason: 'unrecorded' } },
  })
  expect((await patch({ disabled: true })).status).toBe(200)
})
