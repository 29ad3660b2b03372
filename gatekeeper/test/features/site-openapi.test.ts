/**
 * `/openapi.json` of the services' site (P17): what it says is what is there, and live answers have
 * the form that it says.
 */
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Validator } from '@seriousme/openapi-schema-validator'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addClient } from '../../src/operations/clients/client-writer.ts'
import { siteOperations } from '../../src/wire/openapi/site-operations.ts'
import { startAdmin } from '../support/admin.ts'
import { type Child, waitUntil } from '../support/child.ts'
import { keyFileText, makeKey } from '../support/keys.ts'
import { type SendOptions, type Stack, startStack, testCaddy } from '../support/stack.ts'

const ada = makeKey({ user: 'ada' })
const boss = makeKey({ user: 'boss', role: 'admin', services: ['control'] })

const pathsOf = (text: string) => Object.keys(JSON.parse(text).paths)

describe.skipIf(testCaddy === null)('the document of the services’ site, as shipped', () => {
  let stack: Stack
  beforeAll(async () => {
    stack = await startStack({ keys: [ada] })
  })
  afterAll(() => stack?.stop())

  it('is valid, and the same without a credential, with one and with a wrong one', async () => {
    const plain = await stack.send('/openapi.json')
    expect(plain.status).toBe(200)
    expect(plain.headers['content-type']).toBe('application/json; charset=utf-8')
    const { valid, errors } = await new Validator().validate(JSON.parse(plain.text))
    expect([valid, errors]).toEqual([true, undefined])
    for (const key of [ada.key, `${ada.key}x`]) {
      const other = await stack.send('/openapi.json', { key })
      expect([other.status, other.text]).toEqual([200, plain.text])
    }
    const head = await stack.send('/openapi.json', { method: 'HEAD' })
    expect([head.status, head.text]).toEqual([200, ''])
  })

  it('is only there in this form', async () => {
    for (const path of ['/openapi.json/', '/openapi.json/x', '/openapi']) {
      expect([path, (await stack.send(path)).status]).toEqual([path, 404])
    }
    // Caddy folds case; the gatekeeper has no such route.
    expect((await stack.send('/OpenAPI.json')).status).toBe(401)
    expect((await stack.send('/openapi.json', { method: 'POST' })).status).toBe(401)
    // Pages of other origins have no use for it.
    const headers = { origin: 'https://evil.example' }
    expect((await stack.send('/openapi.json', { headers })).status).toBe(403)
  })

  it('says nothing of rooms that are not there, and of those that are there since', async () => {
    const before = pathsOf((await stack.send('/openapi.json')).text)
    const isOfRoom = (path: string) => /^\/(?:admin|analytics|auth)\b/.test(path)
    expect(before).toContain('/oauth/token')
    expect(before.filter(isOfRoom)).toEqual([])
    expect(before.filter((path) => /chat|provider/.test(path))).toEqual([])
    writeFileSync(stack.keysFile, keyFileText([ada, boss]))
    await waitUntil(async () => (await stack.send('/admin/users')).status === 401, {
      ...{ limitMs: 5_000, describe: () => stack.gatekeeper.output() },
    })
    const after = pathsOf((await stack.send('/openapi.json')).text)
    expect(after).toEqual(expect.arrayContaining(['/admin/users/{id}', '/analytics/my-stats']))
    expect(after.filter((path) => path.startsWith('/auth'))).toEqual([])
  })

  it('is given to one address at a rate', async () => {
    let last = await stack.send('/openapi.json')
    for (let asked = 0; asked < 70 && last.status === 200; asked++) {
      last = await stack.send('/openapi.json')
    }
    expect(last.status).toBe(429)
    expect(Number(last.headers['retry-after'])).toBeGreaterThan(0)
    // Nothing else is counted there.
    expect((await stack.send('/health')).status).toBe(200)
    expect((await stack.send('/status', { key: ada.key })).status).toBe(200)
  })
})

describe.skipIf(testCaddy === null)('what the document says of answers', () => {
  const adminKey = 'an-operators-own-secret-of-40-characters'
  const app = { public: true, tokenDays: 7, dailyQuota: 100, monthlyQuota: 3000, totalPerDay: 10 }
  const rest = { origins: [], allowNoOrigin: true, providers: [], models: [] }
  let stack: Stack
  let admin: Child
  const placed = siteOperations({ services: [], hasIssuers: false, isAbsent: () => false })

  beforeAll(async () => {
    stack = await startStack({
      keys: [ada, boss],
      env: {
        ADMIN_API_KEY: adminKey,
        OAUTH_CLIENT_ID_ADMIN: 'ci',
        OAUTH_CLIENT_SECRET_ADMIN: 'c'.repeat(40),
      },
    })
    admin = await startAdmin({ ...stack.env, ADMIN_API_KEY: undefined })
    const file = join(dirname(stack.keysFile), 'clients.json')
    const shop = { id: 'shop', role: 'readwrite', services: [], scopes: [], models: [] } as const
    const more = { limits: [], addresses: [], expiresAt: null, tokenSeconds: null }
    await addClient(
      file,
      { ...shop, ...more, app: { ...app, ...rest, public: false } },
      { clock: Date.now },
    )
    await waitUntil(async () => (await asBoss('POST', '/admin/users', user)).status !== 400, {
      ...{ limitMs: 20_000, describe: () => 'the app is not there' },
    })
  })
  afterAll(async () => {
    await admin?.stop()
    await stack?.stop()
  })

  const user = { userId: 'ada@example.org', appId: 'shop', dailyQuota: 5 }
  const rule = { ip: '203.0.113.0/24', type: 'blacklist', reason: 'scans' }
  const asBoss = (method: string, path: string, json?: object) =>
    stack.send(path, { method, key: boss.key, ...(json && { json }) })
  const client = { client_id: 'ci', client_secret: 'c'.repeat(40) }

  const calls: readonly (readonly [string, string, SendOptions?])[] = [
    ['/health', '/health'],
    ['/status', '/status', { key: ada.key }],
    ['/.well-known/jwks.json', '/.well-known/jwks.json'],
    ['/.well-known/oauth-authorization-server', '/.well-known/oauth-authorization-server'],
    ['/oauth/token', '/oauth/token', { json: { grant_type: 'client_credentials', ...client } }],
    ['/oauth/introspect', '/oauth/introspect', { json: { token: 'x', ...client } }],
    ['/admin/health', '/admin/health', { key: boss.key }],
    ['/admin/users', '/admin/users?take=10', { key: boss.key }],
    ['/admin/users/{id}', '/admin/users/shop:ada@example.org', { key: boss.key }],
    [
      '/admin/users/{id}/quota',
      '/admin/users/shop:ada@example.org/quota',
      { method: 'PUT', key: boss.key, json: { monthlyQuota: null } },
    ],
    ['/admin/ip-rules', '/admin/ip-rules', { key: boss.key, json: rule }],
    ['/admin/ip-rules', '/admin/ip-rules?type=deny', { key: boss.key }],
    ['/admin/ip-rules/{id}', '/admin/ip-rules/203.0.113.0/24', { method: 'DELETE', key: boss.key }],
    ['/admin/audit-logs', '/admin/audit-logs', { key: boss.key }],
    ['/admin/audit-logs/stats', '/admin/audit-logs/stats?days=2', { key: boss.key }],
    ['/admin/audit-logs/failed', '/admin/audit-logs/failed', { key: boss.key }],
    ['/analytics/overview', '/analytics/overview', { key: boss.key }],
    ['/analytics/costs', '/analytics/costs', { key: boss.key }],
    ['/analytics/errors', '/analytics/errors', { key: boss.key }],
    ['/analytics/my-stats', '/analytics/my-stats', { key: ada.key }],
    ['/analytics/user/{id}', '/analytics/user/shop:ada@example.org', { key: boss.key }],
    ['/admin/users/{id}', '/admin/users/shop:ada@example.org', { method: 'DELETE', key: boss.key }],
  ]

  it('holds for live answers', async () => {
    await stack.send('/api/generate', { key: ada.key, json: { model: 'demo', prompt: 'hello' } })
    for (const [path, target, options = {}] of calls) {
      const method = options.method ?? (options.json === undefined ? 'GET' : 'POST')
      const one = placed.find((each) => each.method === method && each.path === path)
      const { status, text } = await stack.send(target, options)
      const schema = one?.operation.answers[status]
      expect([method, target, status, schema === undefined]).toEqual([
        method,
        target,
        status,
        false,
      ])
      const parsed = schema?.safeParse(JSON.parse(text))
      expect([method, target, parsed?.error?.issues]).toEqual([method, target, undefined])
    }
  })
})
