import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { decodeJwt } from 'jose'
import OpenAI from 'openai'
import { fetch } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createClientSecret, hashClientSecret } from '../../src/oauth/client-secret.ts'
import { accessTokenType, exchangeGrantType } from '../../src/oauth/exchange-grant.ts'
import {
  addClient,
  addPublicApp,
  type NewClient,
} from '../../src/operations/clients/client-writer.ts'
import { createUser, setQuota } from '../../src/operations/users/user-writer.ts'
import { waitUntil } from '../support/child.ts'
import { makeKey } from '../support/keys.ts'
import { type SendOptions, type Stack, startStack, testCaddy } from '../support/stack.ts'

const ada = makeKey({ user: 'ada', services: ['openai'] })
const page = 'https://app.example'

/** Answers a list of models, a chat, and a chat that streams until somebody leaves. */
function answerAsOpenai(request: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const body = Buffer.concat(chunks).toString()
    if (body.includes('"stream":true')) {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      const event = {
        id: 'c',
        object: 'chat.completion.chunk',
        choices: [{ delta: { content: 'x' } }],
      }
      const timer = setInterval(() => response.write(`data: ${JSON.stringify(event)}\n\n`), 20)
      response.on('close', () => clearInterval(timer)).on('error', () => {})
      return
    }
    const chat = { choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' } }] }
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(body === '' ? { object: 'list', data: [] } : chat))
  })
}

const appOf = (over: Partial<NonNullable<NewClient['app']>> = {}) => ({
  ...{ public: false, tokenDays: 7, dailyQuota: 100, monthlyQuota: 3000, totalPerDay: null },
  ...{ origins: [], allowNoOrigin: true, providers: [], models: [] },
  ...over,
})
const clientOf = (id: string, app = appOf()): NewClient => ({
  ...{ id, role: 'readwrite', services: [], scopes: ['chat'], models: [], addresses: [] },
  ...{ expiresAt: null, tokenSeconds: null, limits: [], app },
})

describe.skipIf(testCaddy === null)('P1-P3, P11: tokens of apps', () => {
  let stack: Stack
  let secret: string
  let otherSecret: string
  const deps = { clock: Date.now, record: async () => {} }
  const fileOf = (name: string) => join(dirname(stack.keysFile), name)

  const provider = createServer(answerAsOpenai)

  beforeAll(async () => {
    provider.listen(0, '127.0.0.1')
    await once(provider, 'listening')
    const { port } = provider.address() as AddressInfo
    stack = await startStack({
      keys: [ada],
      env: {
        OPENAI_API_KEY: 'account-key-of-openai-0123456789',
        OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1`,
      },
      config: [
        'version: 1',
        'services:',
        '  ollama: {kind: ollama, routes: [{prefix: /api}, {prefix: /v1}]}',
        '  local: {kind: openai, upstream: {url: "http://127.0.0.1:9"}, routes: [{prefix: /local, strip: true}]}',
        'providers:',
        '  openai: {}',
        '  groq: {}',
        'bridge: {tokensPerAddress: 60/15min}',
        '',
      ].join('\n'),
    })
    const file = fileOf('clients.json')
    secret = await addClient(file, clientOf('shop'), deps)
    otherSecret = await addClient(file, clientOf('other'), deps)
    await addClient(file, clientOf('tiny', appOf({ dailyQuota: 2, monthlyQuota: null })), deps)
    await addPublicApp(file, clientOf('kiosk', appOf({ public: true, totalPerDay: 5 })), deps)
    const paged = appOf({ origins: [page], allowNoOrigin: false })
    await addClient(file, clientOf('paged', paged), deps)
    await waitUntil(() => stack.gatekeeper.output().includes('"clients":5'), {
      ...{ limitMs: 10_000, describe: () => 'the apps are not there' },
    })
  })
  afterAll(async () => {
    await stack?.stop()
    provider.closeAllConnections()
    provider.close()
  })

  const basic = (id: string, password: string) =>
    `Basic ${Buffer.from(`${id}:${password}`).toString('base64')}`
  /** Asks for a token as the app `shop`, unless something else is said. */
  const ask = (json: object, headers: SendOptions['headers'] = { 'x-api-key': secret }) => {
    const body = { userId: 'ada@example.com', appId: 'shop', ...json }
    return stack.send('/auth/token', { method: 'POST', json: body, headers })
  }
  const tokenOf = async (userId: string) => JSON.parse((await ask({ userId })).text).token as string
  const get = (path: string, key: string, headers = {}) => stack.send(path, { key, headers })
  const bodyOf = ({ text }: { text: string }) => JSON.parse(text) as Record<string, unknown>
  const hello = { model: 'demo', messages: [{ role: 'user' as const, content: 'Hello' }] }

  it('an app that proves itself gets a token for its user, in the form of P1', async () => {
    const ways = [
      await ask({}, { authorization: basic('shop', secret) }),
      await ask({}, { 'x-api-key': secret }),
      await ask({ client_secret: secret }, {}),
    ]
    for (const answer of ways) {
      expect(answer.status).toBe(200)
      expect(answer.headers['cache-control']).toBe('no-store')
      expect(bodyOf(answer)).toEqual({
        ...{ success: true, token: expect.stringMatching(/^eyJ/), tokenType: 'Bearer' },
        ...{ expiresIn: '7 days', expiresInSeconds: 604_800, message: expect.any(String) },
        user: {
          ...{ userId: 'ada@example.com', appId: 'shop', dailyQuota: 100, monthlyQuota: 3000 },
          ...{ requestsToday: 0, requestsMonth: 0 },
        },
      })
    }
  })

  it('400: a member that is missing, short, long or has a control character is named', async () => {
    const bad: object[] = [
      ...[{ userId: undefined }, { appId: undefined }, { userId: 'ab' }, { appId: 'ab' }],
      ...[{ userId: 'x'.repeat(129) }, { appId: 'x'.repeat(129) }, { userId: 7 }, { userId: null }],
      ...[{ userId: 'a\u0000b' }, { userId: 'ada\n' }, { userId: 'a\u0085b' }, { userId: ['ada'] }],
      // The audit would keep this name, as if it was random.
      { userId: 'anon:jonathan-smith-1234567' },
    ]
    for (const json of bad) {
      const answer = await ask(json)
      expect([answer.status, bodyOf(answer)]).toEqual([
        400,
        {
          error: 'Validation Error',
          message: expect.any(String),
          required: ['userId', 'appId'],
        },
      ])
    }
    const raw = (body: string, type = 'application/json') =>
      stack.send('/auth/token', { method: 'POST', body, headers: { 'content-type': type } })
    const twice = '{"userId":"ada","userId":"eve","appId":"shop"}'
    for (const body of ['', '[]', '{', twice]) expect((await raw(body)).status).toBe(400)
    expect((await raw('userId=ada&appId=shop', 'text/plain')).status).toBe(415)
  })

  it('any other characters make a user of its own, 3 to 128 of them', async () => {
    const users = [
      'abc',
      'a:b:c',
      'a/../b',
      'ädä',
      'ada ',
      ' ada',
      'x'.repeat(128),
      '::::',
      '日本語',
      'anon:x',
    ]
    for (const userId of users) {
      const token = await tokenOf(userId)
      const answer = await get('/auth/verify', token)
      expect(bodyOf(answer)).toMatchObject({ valid: true, user: { userId, appId: 'shop' } })
    }
  })

  it('401: a wrong or missing proof, also that of another app or of no app', async () => {
    const answers = [
      await ask({}, { 'x-api-key': `gs_${'x'.repeat(43)}` }),
      await ask({}, { 'x-api-key': otherSecret }),
      await ask({}, { authorization: basic('shop', otherSecret) }),
      await ask({}, { authorization: `Bearer ${secret}` }),
      await ask({ client_secret: ada.key }, {}),
      await ask({ appId: 'nobody' }),
    ]
    for (const answer of answers) {
      expect([answer.status, answer.headers['www-authenticate']]).toEqual([401, 'Bearer'])
      expect(bodyOf(answer)['error']).toBe('Invalid token')
      expect(answer.text).not.toMatch(/key/i)
    }
    const missing = await ask({}, {})
    expect([missing.status, bodyOf(missing)['error']]).toEqual([401, 'Authentication required'])
  })

  it('403: an app gets no token for the users of another; 400: two proofs', async () => {
    const answer = await ask({ appId: 'other' }, { authorization: basic('shop', secret) })
    expect([answer.status, bodyOf(answer)['error']]).toEqual([403, 'Forbidden'])
    const twice = { authorization: basic('shop', secret), 'x-api-key': secret }
    expect((await ask({}, twice)).status).toBe(400)
  })

  it('/auth/verify and /auth/token-info describe the token; without one they are 401', async () => {
    const token = await tokenOf('info-user')
    const info = bodyOf(await get('/auth/token-info', token))
    expect(info).toMatchObject({
      ...{ user: { userId: 'info-user', appId: 'shop' }, isBlacklisted: false },
      ...{ issuedAt: expect.stringMatching(/Z$/), expiresAt: expect.stringMatching(/Z$/) },
    })
    expect(info['expiresInSeconds']).toBeGreaterThan(604_700)
    expect(info['expiresInHours']).toBeCloseTo(168, 1)
    for (const path of ['/auth/verify', '/auth/token-info']) {
      const none = await stack.send(path)
      expect([none.status, bodyOf(none)['error']]).toEqual([401, 'Authentication required'])
      for (const credential of [`${token.slice(0, -4)}AAAA`, ada.key]) {
        const bad = await get(path, credential)
        expect([bad.status, bodyOf(bad)['error']]).toEqual([401, 'Invalid token'])
      }
    }
  })

  it('a logged-out token is 401 Token Revoked at once, and a new one of the user works', async () => {
    const [first, second, other] = [
      await tokenOf('leaver'),
      await tokenOf('leaver'),
      await tokenOf('stayer'),
    ]
    const answer = await stack.send('/auth/logout', { method: 'POST', key: first })
    expect([answer.status, bodyOf(answer)]).toEqual([
      200,
      { success: true, message: expect.any(String) },
    ])
    for (const token of [first, second]) {
      const refused = await get('/auth/verify', token)
      expect([refused.status, bodyOf(refused)['error']]).toEqual([401, 'Token Revoked'])
      expect((await get('/openai/v1/models', token)).status).toBe(401)
    }
    expect((await get('/auth/verify', other)).status).toBe(200)
    expect((await get('/auth/verify', await tokenOf('leaver'))).status).toBe(200)
    // A second end within the second is stored as well before it is answered.
    const last = await tokenOf('late-leaver')
    expect((await stack.send('/auth/logout', { method: 'POST', key: last })).status).toBe(200)
    const subjects = {
      'shop:leaver': expect.any(Number),
      'shop:late-leaver': expect.any(Number),
    }
    const stored = JSON.parse(
      await readFile(join(stack.stateDir, 'revocations.json'), 'utf8'),
    ) as object
    expect(stored).toMatchObject({ version: 2, subjects })
  })

  it('a stream under way ends when its user logs out', async () => {
    const token = await tokenOf('streamer')
    const response = await fetch(`${stack.url}/openai/v1/chat/completions`, {
      ...{ method: 'POST', body: JSON.stringify({ ...hello, stream: true }) },
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      dispatcher: stack.dispatcher,
    })
    const reader = response.body?.getReader()
    expect((await reader?.read())?.done).toBe(false)
    await stack.send('/auth/logout', { method: 'POST', key: token })
    const drain = async () => {
      while (!(await reader?.read())?.done);
    }
    await expect(drain()).rejects.toThrow('terminated')
  })

  it('a token opens the providers alone: no service, no house token, no other own endpoint', async () => {
    const token = await tokenOf('narrow')
    for (const path of ['/api/tags', '/v1/models', '/local/v1/models', '/status']) {
      expect((await get(path, token)).status).toBe(401)
    }
    const exchange = await stack.send('/oauth/token', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({
        ...{ subject_token: token, grant_type: exchangeGrantType },
        subject_token_type: accessTokenType,
      }).toString(),
    })
    expect([exchange.status, bodyOf(exchange)['error']]).toEqual([400, 'invalid_grant'])
  })

  it('the library of OpenAI chats with a token through /openai/v1, and the call is counted', async () => {
    const token = await tokenOf('chatter')
    const client = new OpenAI({
      ...{ apiKey: token, baseURL: `${stack.url}/openai/v1`, maxRetries: 0 },
      fetch: fetch as unknown as typeof globalThis.fetch,
      fetchOptions: { dispatcher: stack.dispatcher } as object,
    })
    const answer = await client.chat.completions.create(hello)
    expect(answer.choices[0]?.message.content).toEqual(expect.any(String))
    await client.models.list()
    const { user } = bodyOf(await get('/auth/verify', token))
    expect(user).toMatchObject({ requestsToday: 2, requestsMonth: 2 })
  })

  it('500 calls at once at a quota of 100 with one used give 99', async () => {
    const token = await tokenOf('crowd')
    expect((await get('/openai/v1/models', token)).status).toBe(200)
    const calls = Array.from({ length: 500 }, () => get('/openai/v1/models', token))
    const statuses = (await Promise.all(calls)).map(({ status }) => status)
    expect(statuses.filter((status) => status === 200)).toHaveLength(99)
    expect(statuses.filter((status) => status === 429)).toHaveLength(401)
    const { user } = bodyOf(await get('/auth/verify', token))
    expect(user).toMatchObject({ requestsToday: 100, requestsMonth: 100 })
  })

  it('429: /api/PROVIDER answers with the quotas and the end of the period that is full', async () => {
    const path = '/api/openai/proxy?endpoint=/models'
    const token = await tokenOf('crowd')
    const refused = await get(path, token)
    expect(refused.status).toBe(429)
    const body = bodyOf(refused)
    expect(body).toEqual({
      ...{ error: 'Quota Exceeded', message: expect.any(String), resetAt: expect.any(String) },
      quotaInfo: { dailyQuota: 100, dailyUsed: 100, monthlyQuota: 3000, monthlyUsed: 100 },
    })
    const waitMs = Date.parse(String(body['resetAt'])) - Date.now()
    expect(Math.abs(Number(refused.headers['retry-after']) * 1000 - waitMs)).toBeLessThan(5_000)
    expect((await get(path, await tokenOf('fresh'))).status).toBe(200)
  })

  it('429: the native way answers in the form of its provider', async () => {
    const refused = await get('/openai/v1/models', await tokenOf('crowd'))
    expect(refused.status).toBe(429)
    expect(bodyOf(refused)).toMatchObject({
      error: {
        type: 'insufficient_quota',
        message: expect.stringContaining('100/day of this user'),
      },
    })
  })

  it('an exception of users.json changes a quota, and a disabled user has none', async () => {
    const file = fileOf('users.json')
    await createUser(file, { user: 'shop:vip', dailyQuota: 0 }, deps)
    const token = await tokenOf('vip')
    const quotaOf = async () =>
      (bodyOf(await get('/auth/verify', token))['user'] as Record<string, unknown>)['dailyQuota']
    const limit = { limitMs: 10_000, describe: () => 'users.json is not in force' }
    await waitUntil(async () => (await quotaOf()) === 0, limit)
    expect((await get('/openai/v1/models', token)).status).toBe(429)
    await setQuota(file, { user: 'shop:vip', dailyQuota: null }, deps)
    await waitUntil(async () => (await quotaOf()) === null, limit)
    expect((await get('/openai/v1/models', token)).status).toBe(200)
    const users = { 'shop:vip': { disabled: true } }
    await writeFile(file, JSON.stringify({ version: 1, users }))
    await waitUntil(async () => (await get('/auth/verify', token)).status === 401, limit)
    expect((await get('/openai/v1/models', token)).status).toBe(401)
    expect((await ask({ userId: 'vip' })).status).toBe(401)
  })

  it('a public app gives anybody a token for an hour, each of another user', async () => {
    const answers = [1, 2].map(() => ask({ userId: 'label', appId: 'kiosk' }, {}))
    const [one, two] = (await Promise.all(answers)).map(bodyOf)
    expect(one).toMatchObject({ expiresIn: '60 minutes', expiresInSeconds: 3600 })
    const subjects = [one, two].map((body) => decodeJwt(String(body?.['token'])).sub)
    for (const subject of subjects) expect(subject).toMatch(/^kiosk:anon:[A-Za-z0-9_-]{22}$/)
    expect(new Set(subjects).size).toBe(2)
    const token = String(one?.['token'])
    expect(bodyOf(await get('/auth/verify', token))).toMatchObject({ user: { userId: 'label' } })
    for (const path of ['/analytics/my-stats', '/analytics/overview', '/status', '/admin/users']) {
      const { status } = await get(path, token)
      expect([path, [401, 403, 404].includes(status)]).toEqual([path, true])
    }
    for (const path of ['/analytics/my-stats', '/api/split-key', '/api/split-key/some-key-id']) {
      const { status } = await get(path, token)
      expect([path, status]).toEqual([path, 403])
    }
    // Its total is 5 a day, whoever calls.
    const statuses: number[] = []
    for (const body of [one, two, one, two, one, two]) {
      statuses.push((await get('/openai/v1/models', String(body?.['token']))).status)
    }
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429])
  })

  it('the origins of an app hold with its tokens, at the token route and at use', async () => {
    const file = JSON.parse(await readFile(fileOf('clients.json'), 'utf8'))
    const made = createClientSecret()
    file.clients.paged.secrets = [{ sha256: hashClientSecret(made) }]
    const from = (origin: string | null) =>
      ask(
        { appId: 'paged' },
        { 'x-api-key': made, ...(origin && { origin, 'sec-fetch-site': 'cross-site' }) },
      )
    const limit = { limitMs: 10_000, describe: () => 'no new secret' }
    const reloads = () => stack.gatekeeper.output().split('clients reloaded').length
    const before = reloads()
    await writeFile(fileOf('clients.json'), JSON.stringify(file))
    await waitUntil(() => reloads() > before, limit)
    const token = String(bodyOf(await from(page))['token'])
    for (const origin of ['https://evil.example', 'null', stack.url, null]) {
      const answer = await from(origin)
      expect([answer.status, bodyOf(answer)['error']]).toEqual([403, 'Forbidden'])
      const use = await get('/openai/v1/models', token, origin === null ? {} : { origin })
      expect(use.status).toBe(403)
    }
    const use = await get('/openai/v1/models', token, { origin: page })
    expect([use.status, use.headers['access-control-allow-origin']]).toEqual([200, page])
    expect((await from(page)).headers['access-control-allow-origin']).toBe(page)
    const preflight = (path: string, origin: string) =>
      stack.send(path, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'POST' },
      })
    for (const path of ['/auth/token', '/openai/v1/chat/completions']) {
      const allowed = await preflight(path, page)
      expect([allowed.status, allowed.headers['access-control-allow-origin']]).toEqual([204, page])
      expect((await preflight(path, 'https://evil.example')).status).toBe(403)
    }
    // Nowhere else, and not with an API key, which is no app's.
    expect((await preflight('/api/chat', page)).status).toBe(403)
    expect((await get('/openai/v1/models', ada.key, { origin: page })).status).toBe(403)
  })

  // Last: the address has no more failed proofs after it.
  it('failed proofs and public calls are limited by address; a right proof still passes', async () => {
    const wrong = { 'x-api-key': `gs_${'y'.repeat(43)}` }
    const answers = await Promise.all(Array.from({ length: 70 }, () => ask({}, wrong)))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401, 429]))
    const refused = await ask({ appId: 'kiosk' }, {})
    expect([refused.status, bodyOf(refused)['error']]).toEqual([429, 'Too Many Requests'])
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
    expect((await ask({}, { 'x-api-key': 'a-chosen-secret' })).status).toBe(429)
    expect((await ask({})).status).toBe(200)
  })
})
