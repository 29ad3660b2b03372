/** The admin API as pages and programs call it: through the real Caddy, to the real processes. */
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fetch } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { adminStorePath, openAdminStore } from '../../../admin/src/store/admin-store.ts'
import { createSession } from '../../../admin/src/store/change-sessions.ts'
import { addClient, editClient } from '../../src/operations/clients/client-writer.ts'
import { waitUntil } from '../support/child.ts'
import { startConsole, type TestConsole } from '../support/console.ts'
import { makeKey } from '../support/keys.ts'
import { type SendOptions, type Stack, startStack, testCaddy } from '../support/stack.ts'

const ada = makeKey({ user: 'ada', services: ['ollama'] })
const owner = { name: 'olga', role: 'owner' }
const member = { name: 'ada', role: 'member' }

type Session = { readonly cookie: string; readonly half: string }

describe.skipIf(testCaddy === null)('the admin API', () => {
  let stack: Stack
  let site: TestConsole
  let clientsFile: string
  let secret: string

  const writePeople = (people: object) =>
    writeFileSync(
      join(dirname(stack.keysFile), 'people.json'),
      JSON.stringify({ version: 1, people }),
    )

  beforeAll(async () => {
    stack = await startStack({ keys: [ada] })
    writePeople({ olga000000: owner, ada0000000: member })
    clientsFile = join(dirname(stack.keysFile), 'clients.json')
    site = await startConsole(stack)
    secret = await addClient(
      clientsFile,
      {
        ...{ id: 'ci', role: 'admin', services: ['control'], scopes: ['chat'], models: [] },
        ...{ limits: [], addresses: [], expiresAt: null, tokenSeconds: null },
      },
      { clock: Date.now },
    )
  })
  afterAll(async () => {
    await site?.stop()
    await stack?.stop()
  })

  const signIn = async (person: string): Promise<Session> => {
    const store = await openAdminStore(adminStorePath(stack.stateDir))
    try {
      const from = { method: 'passkey', address: '127.0.0.1', agent: null }
      return await createSession(store, { person, ...from }, Date.now())
    } finally {
      await store.close()
    }
  }
  const fieldsOf = ({ cookie, half }: Session) => ({
    cookie: `__Host-gk_session=${cookie}`,
    'x-gatekeeper-session': half,
  })
  const get = async (path: string, headers: Record<string, string>) => {
    const { status, text } = await site.send(`/admin/v1${path}`, { headers })
    return { status, body: JSON.parse(text) as Record<string, unknown> }
  }
  const tokenOf = async (entries: Record<string, string>) => {
    const body = new URLSearchParams({
      ...{ grant_type: 'client_credentials', client_id: 'ci', client_secret: secret },
      ...entries,
    }).toString()
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const sent: SendOptions = { method: 'POST', body, headers }
    return JSON.parse((await stack.send('/oauth/token', sent)).text) as Record<string, unknown>
  }

  it('knows a session by both halves, which arrive through Caddy', async () => {
    const as = fieldsOf(await signIn('olga000000'))
    const answer = await get('/session', as)
    expect(answer).toMatchObject({
      status: 200,
      body: { person: { name: 'olga', role: 'owner' }, site: { consoleUrl: site.url } },
    })
    expect(answer.body['degraded']).toEqual([])
    expect((await get('/session', { cookie: as.cookie })).status).toBe(401)
    expect((await get('/session', { ...as, 'sec-fetch-site': 'same-site' })).status).toBe(403)
    expect((await get('/session', { ...as, origin: stack.url })).status).toBe(403)
    // The services' site has none of it, whatever is sent there.
    const elsewhere = await stack.send('/admin/v1/session', { headers: as })
    expect(elsewhere.status).toBe(401)
  })

  it('ends the sessions of a person within two seconds of disabling', async () => {
    const as = fieldsOf(await signIn('ada0000000'))
    expect((await get('/session', as)).status).toBe(200)
    writePeople({ olga000000: owner, ada0000000: { ...member, disabled: true } })
    await waitUntil(async () => (await get('/session', as)).status === 401, {
      ...{ limitMs: 2_000, describe: () => 'the session goes on' },
    })
    writePeople({ olga000000: owner, ada0000000: member })
    await waitUntil(
      async () => (await get('/session', fieldsOf(await signIn('ada0000000')))).status === 200,
      {
        ...{ limitMs: 5_000, describe: () => 'the person is still disabled' },
      },
    )
  })

  it('tells a page what happens now, and each person what is theirs', async () => {
    const open = async (person: string) => {
      const response = await fetch(`${site.url}/admin/v1/events`, {
        dispatcher: site.dispatcher,
        headers: { ...fieldsOf(await signIn(person)), 'sec-fetch-site': 'same-origin' },
      })
      expect(response.status).toBe(200)
      const seen = { text: '' }
      void (async () => {
        for await (const chunk of response.body ?? []) seen.text += Buffer.from(chunk).toString()
      })().catch(() => {})
      return seen
    }
    const [all, own] = [await open('olga000000'), await open('ada0000000')]
    await waitUntil(() => all.text.includes('"degraded"') || all.text.includes('event: degraded'), {
      ...{ limitMs: 5_000, describe: () => all.text },
    })
    stack.upstream.behave({ status: 200, body: '{"models":[]}' })
    await stack.send('/api/tags', { key: ada.key })
    await stack.send('/api/pull', { key: ada.key, method: 'POST', json: { model: 'x' } })
    await waitUntil(() => /"requests":[1-9]/.test(own.text) && own.text.includes('refusal'), {
      ...{ limitMs: 10_000, describe: () => `${all.text}\n--\n${own.text}` },
    })
    expect(own.text).toContain('"user":"ada"')
    expect(own.text).not.toContain('event: degraded')
    expect(own.text).toContain('"queue":null')
  })

  it('takes a token of a client that administers, and only one for it', async () => {
    await waitUntil(async () => (await tokenOf({}))['access_token'] !== undefined, {
      ...{ limitMs: 5_000, describe: () => 'the client is not there' },
    })
    const bearer = async (entries: Record<string, string>) => ({
      authorization: `Bearer ${(await tokenOf(entries))['access_token']}`,
      'sec-fetch-site': '',
    })
    const issued = await tokenOf({ resource: site.url })
    expect(issued).toMatchObject({ token_type: 'Bearer', expires_in: 900 })
    const admin = await bearer({ resource: site.url })
    expect((await get('/keys', admin)).status).toBe(200)
    // A token for the services is none here, and one for here is none there.
    expect((await get('/keys', await bearer({}))).status).toBe(401)
    const { authorization } = admin
    expect((await stack.send('/admin/users', { headers: { authorization } })).status).toBe(401)
    const key = { authorization: `Bearer ${ada.key}`, 'sec-fetch-site': '' }
    expect((await get('/keys', key)).status).toBe(401)
    // The rights are those of now, not those of the token.
    await editClient(clientsFile, { id: 'ci', change: { services: ['*'] } }, { clock: Date.now })
    await waitUntil(async () => (await get('/keys', admin)).status === 401, {
      ...{ limitMs: 5_000, describe: () => 'the token is still good' },
    })
    expect(await tokenOf({ resource: site.url })).toMatchObject({ error: 'invalid_target' })
  })

  it('has a description that everybody may read', async () => {
    const answer = await get('/openapi.json', { 'sec-fetch-site': '' })
    expect(answer).toMatchObject({ status: 200, body: { openapi: '3.1.1' } })
  })
})
