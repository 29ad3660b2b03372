/**
 * `/admin` (P12, P15) with the real Caddy and the two processes: the gatekeeper admits, the admin
 * process writes the folder, and the data plane follows the folder.
 */
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startAdmin } from '../support/admin.ts'
import { type Child, waitUntil } from '../support/child.ts'
import { makeKey } from '../support/keys.ts'
import { exchangeUnix, lines } from '../support/raw.ts'
import { readChainOf } from '../support/read-chain.ts'
import { type SendOptions, type Stack, startStack, testCaddy } from '../support/stack.ts'

const adminKey = 'an-operators-own-secret-of-40-characters'
const ada = makeKey({ user: 'ada' })
const boss = makeKey({ user: 'boss', role: 'admin', services: ['control'] })
const secret = { sha256: '0'.repeat(64), createdAt: '2026-01-01T00:00:00Z', expiresAt: null }
const clients = {
  version: 1,
  clients: {
    shop: {
      role: 'readwrite',
      services: [],
      scopes: [],
      secrets: [secret],
      app: { dailyQuota: 7 },
    },
  },
}

describe.skipIf(testCaddy === null)('the admin API', () => {
  let stack: Stack
  let admin: Child
  let folder: string
  beforeAll(async () => {
    stack = await startStack({ keys: [ada, boss], env: { ADMIN_API_KEY: adminKey } })
    admin = await startAdmin({ ...stack.env, ADMIN_API_KEY: undefined })
    folder = join(stack.keysFile, '..')
    writeFileSync(join(folder, 'clients.json'), JSON.stringify(clients))
  })
  afterAll(async () => {
    await admin?.stop()
    await stack?.stop()
  })

  const ask = async (path: string, options: SendOptions = {}) => {
    const key = options.key ?? boss.key
    const answer = await stack.send(path, { ...options, key })
    return { ...answer, json: JSON.parse(answer.text) }
  }
  const documentOf = (name: string) => {
    const path = join(folder, name)
    return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : null
  }
  const readActs = () => readChainOf(join(stack.stateDir, 'audit'), 'acts').records

  describe('address rules', () => {
    it('a rule is in the file and holds on the data plane within 2 s, and so is its end', async () => {
      const json = { ip: '127.0.0.1', type: 'blacklist', reason: 'scans', user: 'ada' }
      const made = await ask('/admin/ip-rules', { json })
      expect(made.status).toBe(201)
      const { id } = made.json.data
      expect(made.json).toEqual({
        success: true,
        data: {
          ...{ id, ip: '127.0.0.1', type: 'deny', reason: 'scans', active: true, app: null },
          ...{ user: 'ada', addedBy: 'boss', createdAt: expect.stringMatching(/Z$/) },
        },
      })
      expect(Object.keys(documentOf('rules.json').rules)).toEqual([id])
      expect(statSync(join(folder, 'rules.json')).mode & 0o077).toBe(0)
      const statusOf = async () => (await stack.send('/api/tags', { key: ada.key })).status
      await within2s(async () => (await statusOf()) === 403)
      const listed = await ask('/admin/ip-rules?type=whitelist')
      expect(listed.json).toEqual({
        ...{ success: true, data: [], pagination: { skip: 0, take: 50, total: 0 } },
      })
      expect((await ask('/admin/ip-rules?type=deny&take=1')).json.pagination.total).toBe(1)
      // An address with its prefix length, as people write it in a path.
      const removed = await ask('/admin/ip-rules/127.0.0.1/32', { method: 'DELETE' })
      expect([removed.status, removed.json.data[0].id]).toEqual([200, id])
      await within2s(async () => (await statusOf()) === 200)
      expect((await ask(`/admin/ip-rules/${id}`, { method: 'DELETE' })).status).toBe(404)
    })

    it('a rule that shuts its maker out is 409 until it is confirmed', async () => {
      const json = { ip: '0.0.0.0/0', type: 'deny', user: 'boss' }
      const refused = await ask('/admin/ip-rules', { json })
      expect([refused.status, refused.json.error]).toEqual([409, 'Conflict'])
      expect(documentOf('rules.json').rules).toEqual({})
    })

    it('each act is on record, with its caller, before the file is written', async () => {
      const acts = readActs().filter(({ event }) => String(event).startsWith('address_rule.'))
      expect(acts.map(({ event }) => event)).toEqual(['address_rule.added', 'address_rule.removed'])
      expect(acts[0]).toMatchObject({ principal: `key:${boss.id}`, requestId: expect.any(String) })
      expect(JSON.stringify(acts)).not.toContain(boss.key)
    })
  })

  describe('users', () => {
    const id = 'shop:ada%40example.com'

    it('is made once, has the quotas of its app, changes and goes', async () => {
      const json = { userId: 'ada@example.com', appId: 'shop', monthlyQuota: null }
      const made = await ask('/admin/users', { json })
      const user = {
        ...{ userId: 'ada@example.com', appId: 'shop', isActive: true },
        ...{ dailyQuota: 7, monthlyQuota: null, requestsToday: 0, requestsMonth: 0, totalCost: 0 },
        ...{ lastUsedAt: null, createdAt: expect.stringMatching(/Z$/) },
      }
      expect([made.status, made.json]).toEqual([201, { success: true, data: user }])
      expect((await ask('/admin/users', { json })).status).toBe(409)
      const changed = await ask(`/admin/users/${id}/quota`, {
        ...{ method: 'PUT', json: { dailyQuota: 0 } },
      })
      expect([changed.status, changed.json.data]).toEqual([200, { ...user, dailyQuota: 0 }])
      expect((await ask(`/admin/users/${id}`)).json.data.dailyQuota).toBe(0)
      expect((await ask('/admin/users?skip=0&take=200')).json).toEqual({
        ...{ success: true, data: [{ ...user, dailyQuota: 0 }] },
        pagination: { skip: 0, take: 200, total: 1 },
      })
      expect((await ask(`/admin/users/${id}`, { method: 'DELETE' })).status).toBe(200)
      expect((await ask(`/admin/users/${id}`)).status).toBe(404)
      expect((await ask(`/admin/users/${id}`, { method: 'DELETE' })).status).toBe(404)
    })
  })

  it.each<[string, string, SendOptions, number, string]>([
    ['a duplicate member', '/admin/ip-rules', { body: '{"ip":"1.1.1.1","ip":"::"}' }, 400, 'V'],
    ['a deep body', '/admin/ip-rules', { body: deep(200) }, 400, 'V'],
    ['a list', '/admin/users', { body: '[]' }, 400, 'V'],
    ['no JSON', '/admin/users', { body: '{' }, 400, 'V'],
    ['an empty body', '/admin/users', { body: '' }, 400, 'V'],
    [
      'bytes that are not UTF-8',
      '/admin/users',
      { body: Buffer.from('7b22ff227d', 'hex') },
      400,
      'V',
    ],
    ['another prototype', '/admin/users', { body: '{"__proto__":{"a":1}}' }, 400, 'V'],
    [
      'an unknown member',
      '/admin/users',
      { json: { userId: 'u12', appId: 'shop', x: 1 } },
      400,
      'V',
    ],
    ['an unknown app', '/admin/users', { json: { userId: 'u12', appId: 'none' } }, 400, 'V'],
    ['a short user id', '/admin/users', { json: { userId: 'u', appId: 'shop' } }, 400, 'V'],
    ['a control character', '/admin/users', { json: { userId: 'a\nb', appId: 'shop' } }, 400, 'V'],
    [
      'a negative quota',
      '/admin/users',
      { json: { userId: 'u12', appId: 'shop', dailyQuota: -1 } },
      400,
      'V',
    ],
    ['no address', '/admin/ip-rules', { json: { ip: 'all', type: 'deny' } }, 400, 'V'],
    ['another type', '/admin/ip-rules', { json: { ip: '1.1.1.1', type: 'block' } }, 400, 'V'],
    [
      'more than 64 KiB',
      '/admin/users',
      { json: { userId: 'x'.repeat(70_000), appId: 'shop' } },
      413,
      'P',
    ],
    ['too large a page', '/admin/users?take=201', {}, 400, 'V'],
    ['a number that is none', '/admin/users?skip=-1', {}, 400, 'V'],
    ['an unknown field', '/admin/users?order=name', {}, 400, 'V'],
  ])('refuses %s, and writes nothing', async (_, path, options, status, error) => {
    const before = [documentOf('rules.json'), documentOf('users.json')]
    const headers = options.body === undefined ? {} : { 'content-type': 'application/json' }
    const method = options.body === undefined && options.json === undefined ? 'GET' : 'POST'
    const answer = await ask(path, { method, headers, ...options })
    expect([answer.status, answer.json.error[0]]).toEqual([status, error])
    expect(answer.headers['cache-control']).toBe('no-store')
    expect([documentOf('rules.json'), documentOf('users.json')]).toEqual(before)
  })

  it('takes the one secret of ADMIN_API_KEY, and no other key', async () => {
    const headers = { 'x-admin-key': adminKey }
    expect((await stack.send('/admin/users', { headers })).status).toBe(200)
    expect((await stack.send('/admin/users', { key: ada.key })).status).toBe(403)
    expect((await stack.send('/admin/users')).status).toBe(401)
    expect((await stack.send('/admin/nothing', { headers })).status).toBe(404)
  })

  it('cannot be reached around the gatekeeper: no field or path of a client is a hand-over', async () => {
    const handed = {
      ...{ method: 'POST', pattern: '/admin/users', params: {}, query: '' },
      body: { userId: 'forged-user', appId: 'shop' },
      principal: { id: 'key:x', kind: 'key', user: 'x', role: 'admin', services: ['control'] },
      ...{ clientAddress: '127.0.0.1', userAgent: null, requestId: 'forged' },
    }
    const json = handed
    for (const path of ['/handed-over', '/admin/handed-over', '/admin', '/analytics/handed-over']) {
      expect([404, 401, 403]).toContain((await stack.send(path, { json, key: ada.key })).status)
    }
    const headers = {
      'x-gatekeeper-principal': JSON.stringify(handed.principal),
      'x-gatekeeper-user': 'boss',
      'x-gatekeeper-role': 'admin',
    }
    const forged = await stack.send('/admin/users', { json: handed.body, key: ada.key, headers })
    expect(forged.status).toBe(403)
    // The gatekeeper's own sockets know no such path either.
    const body = JSON.stringify(handed)
    for (const name of ['relay', 'check', 'ops']) {
      const head = lines(
        'POST /handed-over HTTP/1.1',
        'Host: localhost',
        `Content-Length: ${body.length}`,
        'Connection: close',
      )
      const answer = await exchangeUnix(join(stack.stateDir, `run/${name}.sock`), head + body)
      expect([name, answer]).toEqual([name, expect.not.stringMatching(/^HTTP\/1\.1 2/)])
    }
    expect(JSON.stringify(documentOf('users.json'))).not.toContain('forged')
  })

  it('goes on with a document that a person broke: the write is refused, the file stays', async () => {
    const path = join(folder, 'rules.json')
    const broken = '{"version": 1, "rules": '
    writeFileSync(path, broken)
    const json = { ip: '10.0.0.1', type: 'deny' }
    const { status, json: body } = await ask('/admin/ip-rules', { json })
    expect([status, body.error]).toEqual([503, 'Service Not Available'])
    expect(readFileSync(path, 'utf8')).toBe(broken)
    await waitUntil(() => admin.output().includes('rules.json'), {
      ...{ limitMs: 2_000, describe: admin.output },
    })
    writeFileSync(path, '{"version": 1, "rules": {}}')
    expect((await ask('/admin/ip-rules', { json })).status).toBe(201)
  })

  it('without the admin process writes are 503 with Retry-After, and the data plane goes on', async () => {
    const before = documentOf('rules.json')
    admin.process.kill('SIGKILL')
    await waitUntil(() => admin.process.signalCode !== null, {
      ...{ limitMs: 5_000, describe: () => 'still there' },
    })
    const json = { ip: '10.0.0.2', type: 'deny' }
    const { status, headers, json: body } = await ask('/admin/ip-rules', { json })
    expect([status, body.error, headers['retry-after']]).toEqual([
      ...[503, 'Service Not Available', '30'],
    ])
    expect((await stack.send('/api/tags', { key: ada.key })).status).toBe(200)
    const health = await ask('/admin/health')
    expect([health.status, health.json]).toEqual([
      200,
      {
        ...{ status: 'ok', providers: [], degraded: [] },
        services: expect.arrayContaining([
          { name: 'ollama', configured: true, reachable: true, checkedAt: expect.any(String) },
        ]),
        stores: [{ name: 'usage', latencyMs: expect.any(Number) }],
      },
    ])
    expect((await stack.send('/admin/health', { key: ada.key })).status).toBe(403)
    // The gatekeeper itself wrote nothing into the folder.
    expect(documentOf('rules.json')).toEqual(before)
    admin = await startAdmin(stack.env)
    expect((await ask('/admin/ip-rules', { json })).status).toBe(201)
  })
})

function deep(levels: number): string {
  return `{"ip":${'['.repeat(levels)}${']'.repeat(levels)}}`
}

async function within2s(isDone: () => Promise<boolean>): Promise<void> {
  const endAt = Date.now() + 2_000
  while (Date.now() < endAt) {
    if (await isDone()) return
    await sleep(50)
  }
  expect(await isDone()).toBe(true)
}
