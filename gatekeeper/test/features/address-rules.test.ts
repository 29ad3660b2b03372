/** Rules about client addresses, through the real Caddy: they hold on every route, at both points. */
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Agent } from 'undici'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
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
    stack = await startStack({ keys: [ada, eve] })
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
