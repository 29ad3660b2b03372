import { readFile } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openApi, type TestApi } from '../../../../test/support/open-api.ts'
import { claimLink, openAuthenticator, openPage } from '../../../../test/support/page.ts'
import { createEndpoints } from '../../endpoints.ts'

let api: TestApi
beforeEach(async () => {
  api = await openApi({ rows: (deps) => createEndpoints(deps) })
})
afterEach(async () => {
  expect(api.faults).toEqual([])
  await api.close()
})

const [owner, admin, auditor, member] = ['olga', 'adam', 'audrey', 'mia']

async function tagOf(id: string): Promise<string> {
  return (await api.as('olga')(`GET /people/${id}`)).etag ?? ''
}

async function change(who: string, id: string, body: object) {
  const role = (body as { role?: string }).role === undefined ? {} : await proofOf(who, id)
  const headers = { 'if-match': await tagOf(id), ...role }
  return await api.as(who)(`PATCH /people/${id}`, { body, headers })
}

const proofOf = (who: string, id: string) => api.prove(who, 'person.role', id)

async function invite(who: string, body: object) {
  const headers = await api.prove(who, 'person.invite', null)
  return await api.as(who)('POST /invitations', { body, headers })
}

describe('who sees and changes people', () => {
  test('owners, admins and auditors see them; members get nothing', async () => {
    for (const who of [owner, admin, auditor]) {
      const list = await api.as(who)('GET /people')
      expect(list.body).toMatchObject({ total: 6, next: null })
    }
    for (const path of [
      '/people',
      '/people/olga000000',
      '/people/olga000000/keys',
      '/invitations',
    ]) {
      expect((await api.as(member)(`GET ${path}`)).status).toBe(403)
    }
  })

  test('auditors and members change nothing', async () => {
    for (const who of [auditor, member]) {
      const headers = { 'if-match': await tagOf('max0000000') }
      const body = { title: 'Max' }
      const path = '/people/max0000000'
      expect((await api.as(who)(`PATCH ${path}`, { body, headers })).status).toBe(403)
      expect((await api.as(who)(`DELETE ${path}`)).status).toBe(403)
      expect((await invite(who, { name: 'new', role: 'member' })).status).toBe(403)
      const proof = await api.prove(who, 'person.invite', 'max0000000')
      expect((await api.as(who)(`POST ${path}/reset`, { headers: proof })).status).toBe(403)
    }
  })

  test('an admin cannot become, make, change or reset an owner', async () => {
    expect((await change(admin, 'adam000000', { role: 'owner' })).status).toBe(403)
    expect((await change(admin, 'olga000000', { title: 'x' })).status).toBe(403)
    expect((await invite(admin, { name: 'new', role: 'owner' })).status).toBe(403)
    const headers = await api.prove(admin, 'person.invite', 'olga000000')
    expect((await api.as(admin)('POST /people/olga000000/reset', { headers })).status).toBe(403)
    expect((await api.as(admin)('DELETE /people/olga000000')).status).toBe(403)
    expect((await api.as(owner)('GET /people/adam000000')).body.role).toBe('admin')
  })
})

describe('a change', () => {
  test('of access keeps what it does not name, and says what is not valid', async () => {
    const changed = await change(admin, 'mia0000000', {
      title: 'Mia M.',
      access: { limits: ['60/min'], models: null },
    })
    expect(changed.body).toMatchObject({
      title: 'Mia M.',
      access: { role: 'readwrite', services: ['ollama'], models: [], limits: ['60/min'] },
    })
    const wrong = await change(admin, 'mia0000000', { access: { limits: ['lots'] } })
    expect(wrong.body.problems).toEqual([
      { path: 'access.limits.0', message: 'must be a limit such as 60/min' },
    ])
    const partial = await change(admin, 'nora000000', { access: { role: 'readonly' } })
    expect(partial).toMatchObject({ status: 400 })
    expect((await change(admin, 'nora000000', { serviceEmail: 'nora' })).status).toBe(400)
    expect((await change(admin, 'nora000000', { name: 'other' })).status).toBe(400)
  })

  test('needs the tag of what was seen', async () => {
    const path = 'PATCH /people/mia0000000'
    const body = { title: 'M' }
    expect((await api.as(admin)(path, { body })).status).toBe(428)
    const headers = { 'if-match': await tagOf('mia0000000') }
    expect((await api.as(admin)(path, { body, headers })).status).toBe(200)
    expect((await api.as(admin)(path, { body: { title: 'N' }, headers })).status).toBe(412)
  })

  test('of a role needs a proof for this person, and ends the sessions of before', async () => {
    const headers = { 'if-match': await tagOf('max0000000') }
    const body = { role: 'auditor' }
    const without = await api.as(owner)('PATCH /people/max0000000', { body, headers })
    expect(without.body).toMatchObject({ reason: 'step_up_required', act: 'person.role' })
    const other = { ...headers, ...(await proofOf(owner, 'mia0000000')) }
    const wrong = await api.as(owner)('PATCH /people/max0000000', { body, headers: other })
    expect(wrong.status).toBe(403)
    expect((await api.as('max')('GET /session')).status).toBe(200)
    expect((await change(owner, 'max0000000', body)).body.role).toBe('auditor')
    expect((await api.as('max')('GET /session')).status).toBe(401)
  })

  test('of one’s own role gives the session new halves', async () => {
    await change(owner, 'adam000000', { role: 'owner' })
    await api.signIn(admin)
    const changed = await change(admin, 'adam000000', { role: 'auditor' })
    expect(changed.body).toMatchObject({ role: 'auditor', session: expect.any(String) })
    expect((await api.as(admin)('GET /session')).status).toBe(401)
  })

  test('never takes the last owner', async () => {
    const demoted = await change(owner, 'olga000000', { role: 'admin' })
    expect(demoted).toMatchObject({ status: 409, body: { reason: 'conflict' } })
    expect(demoted.text).toContain('last owner')
  })

  test('that disables ends all sessions, and nobody disables themselves', async () => {
    await api.signIn('max')
    expect((await change(admin, 'max0000000', { disabled: true })).body.disabled).toBe(true)
    expect((await api.as('max')('GET /session')).status).toBe(401)
    await change(admin, 'max0000000', { disabled: false })
    expect((await api.as('max')('GET /session')).status).toBe(401)
    expect((await change(admin, 'adam000000', { disabled: true })).status).toBe(409)
    const events = (await api.acts()).map(({ event }) => event)
    expect(events).toEqual(['person.disabled', 'person.changed'])
  })

  test('that removes takes passkeys, links and codes too', async () => {
    const headers = await api.prove(owner, 'person.invite', 'max0000000')
    const { code } = (await api.as(owner)('POST /people/max0000000/reset', { headers })).body
    expect((await api.as(owner)('DELETE /people/max0000000')).status).toBe(204)
    expect((await api.as(owner)('DELETE /people/max0000000')).status).toBe(404)
    const claimed = await claimLink(openPage(api), code, openAuthenticator(api))
    expect(claimed.status).toBe(401)
  })
})

describe('an invitation', () => {
  const wanted = {
    ...{ name: 'grace', title: 'Grace', role: 'member' },
    access: { role: 'readonly', services: ['ollama'] },
  }

  test('is a link shown once, with which the person is made', async () => {
    const made = await invite(admin, wanted)
    expect(made).toMatchObject({ status: 201 })
    const { link, code, id } = made.body
    expect(link).toBe(`${api.deps.settings.origin}/welcome#${code}`)
    const list = await api.as(auditor)('GET /invitations')
    expect(list.body.items).toMatchObject([
      { id, kind: 'invite', name: 'grace', role: 'member', invitedBy: 'person:adam000000' },
    ])
    for (const text of [list.text, JSON.stringify(await api.acts())]) {
      expect(text).not.toContain(code)
    }
    const page = openPage(api)
    const authenticator = openAuthenticator(api)
    expect((await claimLink(page, code, authenticator)).status).toBe(200)
    const me = (await page.send('GET /session')).body.person
    expect(me).toMatchObject({ name: 'grace', role: 'member', access: { services: ['ollama'] } })
    const seen = (await api.as(admin)(`GET /people/${me.id}`)).body
    expect(seen).toMatchObject({ passkeys: 1, keys: 0, lastSignInAt: expect.any(String) })
    const file = JSON.parse(await readFile(api.installation.peopleFile, 'utf8'))
    expect(Object.keys(file.people)).toHaveLength(7)
  })

  test('needs a proof, a new name, and ends when it is taken back', async () => {
    const body = { name: 'grace', role: 'member' }
    const without = await api.as(admin)('POST /invitations', { body })
    expect(without.body).toMatchObject({ act: 'person.invite' })
    expect((await invite(admin, { name: 'mia', role: 'member' })).status).toBe(409)
    expect((await invite(admin, { name: 'app:mia', role: 'member' })).status).toBe(400)
    const { id, code } = (await invite(admin, wanted)).body
    expect((await api.as(admin)(`DELETE /invitations/${id}`)).status).toBe(204)
    expect((await openPage(api).send('POST /signin/invitation', { body: { code } })).status).toBe(
      401,
    )
  })

  test('is of no use to an admin who was disabled or demoted after it was made', async () => {
    for (const taken of [{ disabled: true }, { role: 'member' }]) {
      const { code } = (await invite(admin, { name: 'mallory', role: 'admin' })).body
      await change(owner, 'adam000000', taken)
      const claimed = await claimLink(openPage(api), code, openAuthenticator(api))
      expect(claimed).toMatchObject({ status: 409 })
      await change(owner, 'adam000000', { disabled: false, role: 'admin' })
      await api.signIn(admin)
    }
    expect((await api.as(owner)('GET /people?q=mallory')).body.total).toBe(0)
  })

  test('for lost passkeys that an admin made beforehand does not open an owner', async () => {
    const headers = await api.prove(admin, 'person.invite', 'max0000000')
    const { code } = (await api.as(admin)('POST /people/max0000000/reset', { headers })).body
    await change(owner, 'max0000000', { role: 'owner' })
    const claimed = await claimLink(openPage(api), code, openAuthenticator(api))
    expect(claimed).toMatchObject({ status: 409 })
  })
})

describe('the data of a person', () => {
  test('is exported with a proof, and its export is on record', async () => {
    expect((await api.as(admin)('GET /people/mia0000000/export')).status).toBe(403)
    await change(admin, 'mia0000000', { title: 'M' })
    const headers = await api.prove(admin, 'data.export', 'mia0000000')
    const exported = await api.as(admin)('GET /people/mia0000000/export', { headers })
    expect(exported.status).toBe(200)
    expect(exported.body).toMatchObject({ version: 1, name: 'mia' })
    expect((await api.acts()).map(({ event }) => event)).toContain('data.exported')
  })

  test('is erased with a proof: no file has the name any more', async () => {
    await change(admin, 'mia0000000', { title: 'Mia the second' })
    const headers = await api.prove(admin, 'data.erase', 'mia0000000')
    const erased = await api.as(admin)('POST /people/mia0000000/erase', { headers })
    expect(erased).toMatchObject({ status: 200, body: { reference: expect.any(String) } })
    expect(await readFile(api.installation.peopleFile, 'utf8')).not.toContain('Mia the second')
    expect((await api.as(admin)('GET /people/mia0000000')).status).toBe(404)
    const own = await api.prove(admin, 'data.erase', 'adam000000')
    const self = await api.as(admin)('POST /people/adam000000/erase', { headers: own })
    expect(self.status).toBe(409)
  })
})

test('lists are paged and searched', async () => {
  const first = await api.as(owner)('GET /people?limit=4')
  expect(first.body.items.map(({ name }: { name: string }) => name)).toEqual([
    'adam',
    'audrey',
    'max',
    'mia',
  ])
  const next = await api.as(owner)(`GET /people?limit=4&cursor=${first.body.next}`)
  expect(next.body).toMatchObject({ next: null, items: [{ name: 'nora' }, { name: 'olga' }] })
  expect((await api.as(owner)('GET /people?q=AU')).body.total).toBe(1)
  expect((await api.as(owner)('GET /people?role=member')).body.total).toBe(3)
  const newest = await api.as(owner)('GET /people?sort=-lastSignInAt')
  expect(newest.body.items[0].name).toBe('olga')
})
