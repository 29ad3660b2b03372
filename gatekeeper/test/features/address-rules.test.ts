/** Rules about client addresses, through the real Caddy: they hold on every route, at both points. */
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Agent } from 'undici'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { waitForFront } from '../../../scripts/start/wait-until-ready.ts'
import { readSettings } from '../../src/config/read-settings.ts'
import { addClient } from '../../src/operations/clients/client-writer.ts'
import { waitUntil } from '../support/child.ts'
import { makeKey } from '../support/keys.ts'
import { type Stack, startStack, testCaddy } from '../support/stack.ts'

const ada = makeKey({ user: 'ada' })
const eve = makeKey({ user: 'eve' })
const origin = 'https://app.example'

describe.skipIf(testCaddy === null)('address rules', () => {
  let stack: Stack
  let other: Agent

  beforeAll(async () => {
    stack = await startStack({ keys: [ada, eve], env: { OPENAI_API_KEY: 'sk-account' } })
    // The same machine by another of its addresses: another client for the gatekeeper.
    other = new Agent({ connect: { ca: stack.ca }, localAddress: '127.0.0.2', allowH2: false })
  })
  afterAll(async () => {
    await other.destroy()
    await stack.stop()
  })
  beforeEach(() => putRules({}))

  async function putRules(rules: Record<string, object>): Promise<void> {
    const before = stack.gatekeeper.output().split('address rules reloaded').length
    // A text of its own each time, so that each is a reload.
    const text = JSON.stringify({ version: 1, rules }) + ' '.repeat(before)
    writeFileSync(join(dirname(stack.keysFile), 'rules.json'), text)
    await waitUntil(
      () => stack.gatekeeper.output().split('address rules reloaded').length > before,
      { limitMs: 10_000, child: stack.gatekeeper, describe: stack.gatekeeper.output },
    )
  }

  async function sendFrom(agent: Agent, path: string, options: object = {}) {
    const answer = await agent.request({ origin: stack.url, path, method: 'GET', ...options })
    const text = await answer.body.text()
    return { status: answer.statusCode, text, headers: answer.headers }
  }

  const bearer = (key: string) => ({ headers: { authorization: `Bearer ${key}` } })

  const routes: readonly (readonly [string, string, object])[] = [
    ['a relayed route', '/api/tags', bearer(ada.key)],
    ['a checked route', '/chat/api/tags', bearer(ada.key)],
    ['a call without a credential', '/api/tags', {}],
    ['a path that does not exist', '/api/nothing', bearer(ada.key)],
    ['a malformed path', '/api//tags', {}],
    ['the status', '/status', bearer(ada.key)],
    ['the health', '/health', {}],
    ['a well-known document', '/.well-known/jwks.json', {}],
    ['the token endpoint', '/oauth/token', { method: 'POST', body: 'grant_type=x' }],
    [
      'a preflight',
      '/api/tags',
      { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'GET' } },
    ],
    [
      'a preflight at a check',
      '/chat/api/tags',
      { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'GET' } },
    ],
  ]

  it.each(routes)('a denied address gets 403 at %s', async (_, path, options) => {
    await putRules({ a: { ip: '127.0.0.2', type: 'deny' } })
    const { status, text } = await sendFrom(other, path, options)
    expect([status, text]).toEqual([403, expect.stringContaining('127.0.0.2')])
    // The same request of another address is not affected.
    expect((await sendFrom(stack.dispatcher, path, options)).text).not.toContain('are not accepted')
  })

  it('an allow rule refuses every address that it does not name', async () => {
    await putRules({ a: { ip: '127.0.0.1', type: 'allow' } })
    expect((await sendFrom(other, '/api/tags', bearer(ada.key))).status).toBe(403)
    expect((await sendFrom(stack.dispatcher, '/api/tags', bearer(ada.key))).status).toBe(200)
  })

  it('a denied address cannot find out whether a key is valid', async () => {
    await putRules({ a: { ip: '127.0.0.2', type: 'deny' } })
    const answers = await Promise.all(
      [ada.key, `${ada.key.slice(0, -1)}x`, 'nonsense'].map((key) =>
        sendFrom(other, '/api/tags', bearer(key)),
      ),
    )
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1)
  })

  it('a rule for a user holds for that user alone, at both points', async () => {
    await putRules({ a: { ip: '127.0.0.2', type: 'deny', user: 'ada' } })
    for (const path of ['/api/tags', '/chat/api/tags', '/status']) {
      expect([path, (await sendFrom(other, path, bearer(ada.key))).status]).toEqual([path, 403])
      expect([path, (await sendFrom(other, path, bearer(eve.key))).status]).toEqual([path, 200])
    }
  })

  describe('for an app', () => {
    let secret = ''
    const clientsFile = () => join(dirname(stack.keysFile), 'clients.json')
    const rule = { a: { ip: '127.0.0.2', type: 'deny', app: 'shop' } }

    beforeAll(async () => {
      const client = { id: 'shop', role: 'readwrite', services: [], scopes: ['chat'] } as const
      const rest = { models: [], addresses: [], expiresAt: null, tokenSeconds: null, limits: [] }
      const app = {
        ...{ public: false, tokenDays: 7, dailyQuota: 100, monthlyQuota: 3000, totalPerDay: null },
        ...{ origins: [], allowNoOrigin: true, providers: [], models: [] },
      }
      const record = async () => {}
      const deps = { clock: Date.now, record }
      secret = await addClient(clientsFile(), { ...client, ...rest, app }, deps)
      await waitUntil(() => stack.gatekeeper.output().includes('clients reloaded'), {
        ...{ limitMs: 10_000, child: stack.gatekeeper, describe: stack.gatekeeper.output },
      })
    })

    const askToken = (agent: Agent, shown: string) =>
      sendFrom(agent, '/auth/token', {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-api-key': shown },
        body: JSON.stringify({ userId: 'eve', appId: 'shop' }),
      })

    it('holds where it asks for tokens, and tells nothing of its secret', async () => {
      await putRules(rule)
      const [right, wrong] = [await askToken(other, secret), await askToken(other, 'gs_wrong')]
      expect([right.status, wrong.status, wrong.text]).toEqual([403, 403, right.text])
      expect(JSON.parse(right.text)).toMatchObject({ error: 'Forbidden', ip: '127.0.0.2' })
      expect((await askToken(stack.dispatcher, secret)).status).toBe(200)
      const grant = { grant_type: 'client_credentials', client_id: 'shop' }
      for (const client_secret of [secret, 'wrong']) {
        const body = new URLSearchParams({ ...grant, client_secret }).toString()
        const headers = { 'content-type': 'application/x-www-form-urlencoded' }
        const options = { method: 'POST', headers, body }
        const { status, text } = await sendFrom(other, '/oauth/token', options)
        expect([status, JSON.parse(text).error]).toEqual([403, 'address_refused'])
      }
    })

    it('holds with the tokens of its users, and with no others', async () => {
      const { token } = JSON.parse((await askToken(stack.dispatcher, secret)).text)
      await putRules(rule)
      const ask = (agent: Agent) => sendFrom(agent, '/auth/verify', bearer(token))
      expect((await ask(stack.dispatcher)).status).toBe(200)
      const { status, text } = await ask(other)
      expect([status, JSON.parse(text)]).toMatchObject([
        403,
        { error: 'Forbidden', message: expect.any(String), ip: '127.0.0.2' },
      ])
      await putRules({ a: { ip: '127.0.0.2', type: 'deny', app: 'shop', user: 'joe' } })
      expect((await ask(other)).status).toBe(200)
      await putRules({ a: { ip: '127.0.0.2', type: 'deny', app: 'shop', user: 'eve' } })
      expect((await ask(other)).status).toBe(403)
      expect((await sendFrom(other, '/api/tags', bearer(ada.key))).status).toBe(200)
    })
  })

  it('that refuse this machine do not keep `npm start` from being ready', async () => {
    await putRules({ a: { ip: '127.0.0.0/8', type: 'deny' }, b: { ip: '::1', type: 'deny' } })
    const source = { env: stack.env, folder: dirname(stack.stateDir), platform: process.platform }
    const { settings } = readSettings({ ...source, readFile: () => '' })
    expect((await sendFrom(stack.dispatcher, '/health')).status).toBe(403)
    expect(await waitForFront(settings, 5)).toBe(true)
  })

  it('a file that breaks later leaves the last good rules in force', async () => {
    await putRules({ a: { ip: '127.0.0.2', type: 'deny' } })
    writeFileSync(join(dirname(stack.keysFile), 'rules.json'), '{"version": 1, "rules": {')
    await waitUntil(() => stack.gatekeeper.output().includes('address rules not reloaded'), {
      ...{ limitMs: 10_000, child: stack.gatekeeper, describe: stack.gatekeeper.output },
    })
    expect((await sendFrom(other, '/api/tags', bearer(ada.key))).status).toBe(403)
  })

  it('no field of the client changes its address', async () => {
    await putRules({ a: { ip: '127.0.0.2', type: 'deny' } })
    const headers = {
      ...{ authorization: `Bearer ${ada.key}`, 'x-forwarded-for': '127.0.0.1' },
      ...{ 'x-real-ip': '127.0.0.1', 'x-gatekeeper-client-address': '127.0.0.1' },
    }
    expect((await sendFrom(other, '/api/tags', { headers })).status).toBe(403)
  })
})
