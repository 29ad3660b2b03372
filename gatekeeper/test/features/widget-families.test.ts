/** The chat widget over each family of services (W3), its users (W9), its zero set-up (W11), its files (W6). */
import { createHash } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterEach, describe, expect, it } from 'vitest'
import { waitUntil } from '../support/child.ts'
import { makeKey } from '../support/keys.ts'
import { startGatekeeper, testCaddy } from '../support/stack.ts'
import {
  configOf,
  hello,
  type Seen,
  sendJson,
  shop,
  startWidget,
  type WidgetStack,
} from './support/widget-stack.ts'

const bodyOf = (text: string) => JSON.parse(text) as Record<string, unknown>

/** Answers as Anthropic does. */
function answerAsClaude({ body }: Seen, response: ServerResponse): void {
  const used = { input_tokens: 10, output_tokens: 5 }
  if (body['stream'] !== true) {
    const content = [{ type: 'text', text: 'Hello there' }]
    return sendJson(response, 200, { type: 'message', model: body['model'], content, usage: used })
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const send = (type: string, data: object) =>
    response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`)
  send('message_start', { message: { model: body['model'], usage: { ...used, output_tokens: 1 } } })
  send('content_block_start', { index: 0, content_block: { type: 'text', text: '' } })
  send('ping', {})
  for (const text of ['Hello', ' there']) {
    send('content_block_delta', { index: 0, delta: { type: 'text_delta', text } })
  }
  send('content_block_stop', { index: 0 })
  send('message_delta', { delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 5 } })
  send('message_stop', {})
  response.end()
}

describe.skipIf(testCaddy === null)('the chat widget', () => {
  let widget: WidgetStack | null = null
  afterEach(async () => {
    await widget?.stop()
    widget = null
  })
  const start = async (options: Parameters<typeof startWidget>[0]) => {
    widget = await startWidget(options)
    return widget
  }
  const plain = [
    'version: 1',
    'services:',
    '  ollama: {kind: ollama, routes: [{prefix: /api}, {prefix: /v1}]}',
  ]
  const eventsOf = (text: string) =>
    text
      .split('\n\n')
      .filter((one) => one !== '')
      .map((one) => one.split('\ndata: ') as [string, string])

  it('over Anthropic: the same form, whole and as events', async () => {
    const members = ['prompt: "Be kind."', 'allowSystem: true', 'temperature: 0.5']
    const { chat, tokenOf, model } = await start({
      config: configOf('service: claude', ...members),
      env: (url) => ({ CLAUDE_API_KEY: 'key-of-claude-0123456789', CLAUDE_BASE_URL: `${url}/v1` }),
    })
    model.answer = answerAsClaude
    const json = { ...hello, system: 'Speak like a pirate.' }
    const headers = { 'anthropic-beta': 'x', 'x-stainless-os': 'y', 'accept-language': 'de' }
    const whole = await chat(await tokenOf(), { json, headers })
    expect(bodyOf(whole.text)).toMatchObject({
      content: 'Hello there',
      usage: { total_tokens: 15 },
    })
    const [seen] = model.seen
    expect(seen?.url).toBe('/v1/messages')
    expect(seen?.body).toEqual({
      ...{ model: 'claude-haiku-4-5', max_tokens: 2000, temperature: 0.5 },
      ...{ system: 'Be kind.\n\nSpeak like a pirate.', messages: hello.messages },
    })
    expect(Object.keys(seen?.headers ?? {})).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/beta|stainless|language|origin|referer/)]),
    )
    expect(seen?.headers['x-api-key']).toBe('key-of-claude-0123456789')
    expect(seen?.headers['anthropic-version']).toBe('2023-06-01')
    const events = eventsOf((await chat(await tokenOf(), { isStream: true })).text)
    expect(events.map(([name]) => name.slice(7))).toEqual(['start', 'chunk', 'chunk', 'done'])
    expect(bodyOf(events[0]?.[1] ?? '')).toEqual({ model: 'claude-haiku-4-5' })
    expect(bodyOf(events[3]?.[1] ?? '')).toMatchObject({ usage: { total_tokens: 15 } })
  })

  it('over Ollama: the first model that it lists, and a body without a key', async () => {
    const { chat, tokenOf, stack } = await start({
      config: configOf('service: ollama', 'model: demo'),
    })
    for (const isStream of [false, true]) {
      const { status, text } = await chat(await tokenOf(), { isStream })
      expect([status, text]).toEqual([200, expect.stringMatching(/"content":"[^"]/)])
    }
    const [seen] = stack.upstream.received.filter(({ url }) => url === '/v1/chat/completions')
    expect(bodyOf(String(seen?.body))).toMatchObject({ model: 'demo', max_tokens: 2000 })
    expect(Object.keys(seen?.headers ?? {})).not.toContain('authorization')
  })

  it('over Ollama without a model asks which there are', async () => {
    const { chat, tokenOf } = await start({ config: configOf('service: ollama') })
    const { status, text } = await chat(await tokenOf())
    expect([status, text]).toEqual([200, expect.stringContaining('"content"')])
  })

  it('is on with ALLOWED_ORIGIN and the key of a provider, and nothing else (W11)', async () => {
    const { chat, tokenOf, model } = await start({
      config: [...plain, ''].join('\n'),
      env: () => ({ ALLOWED_ORIGIN: `https://a.example, ${shop}`, SYSTEM_PROMPT: 'Be\nkind.' }),
    })
    expect((await chat(await tokenOf())).status).toBe(200)
    expect(model.seen[0]?.body['messages']).toEqual([
      ...[{ role: 'system', content: 'Be\nkind.' }, ...hello.messages],
    ])
  })

  it('is not there with the key of a provider alone (W11)', async () => {
    const { stack } = await start({ config: [...plain, ''].join('\n') })
    const unknown = await stack.send('/nothing/api/token', { headers: { origin: shop } })
    for (const path of ['/widget/api/token', '/widget/widget.js', '/widget']) {
      const answer = await stack.send(path, { headers: { origin: shop } })
      expect([path, answer.status, answer.text]).toEqual([path, unknown.status, unknown.text])
    }
    expect(stack.gatekeeper.output()).not.toMatch(/widget/i)
  })

  it('is left out by GATEKEEPER_WIDGET=off, and has the pages of a developer with on', async () => {
    const off = await start({ config: configOf(), env: () => ({ GATEKEEPER_WIDGET: 'off' }) })
    const refused = await off.stack.send('/widget/api/token', { headers: { origin: shop } })
    expect(refused.status).toBe(404)
    await off.stop()
    const on = await start({
      config: [...plain, ''].join('\n'),
      env: () => ({ GATEKEEPER_WIDGET: 'on' }),
    })
    expect(await on.tokenOf('http://localhost:5173')).toMatch(/^eyJ/)
    expect(await on.tokenOf(shop)).toContain('Forbidden')
  })

  it('has the paths of the older system where they are free', async () => {
    const { stack } = await start({
      config: configOf('aliases: true').replace('{prefix: /v1}', '{prefix: /v1}, {prefix: /x}'),
    })
    const { text } = await stack.send('/api/token', { headers: { origin: shop } })
    const key = String(bodyOf(text)['token'])
    const answer = await stack.send('/api/chat', { key, json: hello, headers: { origin: shop } })
    expect([answer.status, bodyOf(answer.text)['content']]).toEqual([200, 'Hello there'])
  })

  it('takes the token of a page’s own sign-in, whose user then has the limits (W9)', async () => {
    const { publicKey, privateKey } = await generateKeyPair('RS256')
    const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'RS256', use: 'sig' }
    const issuerOf = (name: string, rest: string) =>
      `  - {issuer: "https://${name}.example", audience: shop, algorithms: [RS256], types: [jwt], keys: {file: jwks.json}, ${rest}}`
    const { stack, chat } = await start({
      config: [
        configOf('caps: {requestsPerWindow: off, requestsPerHour: 2}'),
        'issuers:',
        issuerOf('login', 'widget: true'),
        issuerOf('staff', 'rules: [{role: admin, services: ["*"]}]'),
        '',
      ].join('\n'),
      files: { 'jwks.json': JSON.stringify({ keys: [jwk] }) },
    })
    const sign = (issuer: string, subject: string, audience = 'shop') =>
      new SignJWT({})
        .setProtectedHeader({ alg: 'RS256', kid: 'one', typ: 'JWT' })
        .setIssuer(`https://${issuer}.example`)
        .setAudience(audience)
        .setSubject(subject)
        .setIssuedAt()
        .setExpirationTime('5m')
        .sign(privateKey)
    const exchange = async (token: string, origin = shop) => {
      const answer = await stack.send('/widget/api/auth/exchange', {
        ...{ headers: { origin }, json: { token } },
      })
      return { status: answer.status, body: bodyOf(answer.text) }
    }
    const { status, body } = await exchange(await sign('login', 'ada'))
    expect(status).toBe(200)
    expect(body).toEqual({
      ...{ token: expect.any(String), sessionToken: body['token'] },
      ...{ expiresIn: '15m', tokenType: 'Bearer' },
    })
    // A new token of the same user has the same limits.
    const again = String((await exchange(await sign('login', 'ada'))).body['token'])
    const statuses = []
    for (const token of [String(body['token']), again, again]) {
      statuses.push((await chat(token)).status)
    }
    expect(statuses).toEqual([200, 200, 429])
    const bad = [
      await sign('staff', 'ada'),
      await sign('login', 'ada', 'another'),
      `${await sign('login', 'ada')}x`,
      'nonsense',
      String(body['token']),
    ]
    for (const token of bad) {
      const refused = await exchange(token)
      expect([refused.status, refused.body['error']]).toEqual([401, 'Unauthorized'])
    }
    expect((await exchange(await sign('login', 'ada'), 'https://evil.example')).status).toBe(403)
    // The user's token of the sign-in opens nothing here by itself.
    expect((await chat(await sign('login', 'ada'))).status).toBe(401)
    expect((await stack.send('/v1/models', { key: await sign('login', 'ada') })).status).toBe(403)
  })

  it('keeps tokens over a restart, and over a change of the secret until they end', async () => {
    const secrets = { old: 'old-'.repeat(10), next: 'next-'.repeat(10) }
    const { stack, chat, tokenOf } = await start({ config: configOf() })
    const token = await tokenOf()
    const restart = async (env: Record<string, string>) => {
      await current.stop()
      current = startGatekeeper({ ...stack.env, ...env })
      const { output } = current
      await waitUntil(() => output().includes('gatekeeper ready'), {
        ...{ limitMs: 60_000, child: current, describe: output },
      })
    }
    let current = stack.gatekeeper
    try {
      await restart({ JWT_SECRET: secrets.old })
      expect((await chat(token)).status).toBe(200)
      const shared = await tokenOf()
      await restart({ JWT_SECRET: secrets.next, JWT_SECRET_PREVIOUS: secrets.old })
      expect((await chat(shared)).status).toBe(200)
      await restart({ JWT_SECRET: secrets.next })
      expect((await chat(shared)).status).toBe(401)
    } finally {
      await current.stop()
    }
  })

  it('forgets nothing of its budget at a kill', async () => {
    const { stack, chat, tokenOf } = await start({
      config: configOf('caps: {networkShare: off}', 'budget: {requestsPerDay: 2}'),
    })
    for (const status of [200, 200, 429]) expect((await chat(await tokenOf())).status).toBe(status)
    stack.gatekeeper.process.kill('SIGKILL')
    await stack.gatekeeper.stop()
    const next = startGatekeeper(stack.env)
    try {
      await waitUntil(() => next.output().includes('gatekeeper ready'), {
        ...{ limitMs: 60_000, child: next, describe: next.output },
      })
      const { text } = await chat(await tokenOf())
      expect(bodyOf(text)).toMatchObject({ error: 'BudgetExceeded', statusCode: 429 })
    } finally {
      await next.stop()
    }
  })

  it('refuses tokens of the shared secret in any other form', async () => {
    const secret = 'shared-'.repeat(6)
    const { stack, chat } = await start({ config: configOf(), env: () => ({ JWT_SECRET: secret }) })
    const now = Math.floor(Date.now() / 1000)
    const usual = { iss: 'widget:external', aud: `${stack.url}/widget`, sub: 'x', origin: shop }
    const sign = (claims: object, header: object = {}, key = secret) =>
      new SignJWT({ ...usual, iat: now, exp: now + 900, ...claims })
        .setProtectedHeader({ alg: 'HS256', typ: 'gk-widget+jwt', ...header })
        .sign(Buffer.from(key))
    expect((await chat(await sign({}))).status).toBe(200)
    const bad = {
      'another secret': await sign({}, {}, 'other-'.repeat(8)),
      'another algorithm': await sign({}, { alg: 'HS512' }),
      'our own issuer': await sign({ iss: stack.url }),
      'a kid': await sign({}, { kid: 'one' }),
      'another type': await sign({}, { typ: 'at+jwt' }),
      'another audience': await sign({ aud: stack.url }),
      'a list of audiences': await sign({ aud: [usual.aud] }),
      'no origin': await sign({ origin: undefined }),
      'a longer life': await sign({ exp: now + 901 }),
      'an earlier start of a long life': await sign({ iat: now - 3600, exp: now + 600 }),
      'no start': await sign({ iat: undefined }),
      'an end that has passed': await sign({ iat: now - 900, exp: now - 1 }),
    }
    for (const [what, token] of Object.entries(bad)) {
      expect([what, (await chat(token)).status]).toEqual([what, 401])
    }
    const other = await sign({ origin: 'https://other.example' })
    expect((await chat(other)).status).toBe(403)
  })

  it('gives a token for a solved challenge, once', async () => {
    const { stack } = await start({ config: configOf('challenge: {proofOfWork: 10}') })
    const headers = { origin: shop }
    const first = await stack.send('/widget/api/challenge', { headers })
    const { challenge, bits } = bodyOf(first.text) as { challenge: string; bits: number }
    expect([first.status, bits, first.headers['cache-control']]).toEqual([200, 10, 'no-store'])
    const isGood = (solution: number) =>
      createHash('sha256').update(`${challenge}:${solution}`).digest().readUInt32BE() >>> 22 === 0
    const solution = Array.from({ length: 100_000 }, (_, at) => at).find(isGood)
    const json = { challenge, solution: String(solution) }
    const statuses = []
    for (const shown of [{}, { challenge, solution: 'x' }, json, json]) {
      statuses.push((await stack.send('/widget/api/tokens', { headers, json: shown })).status)
    }
    statuses.push((await stack.send('/widget/api/token', { headers })).status)
    expect(statuses).toEqual([403, 403, 201, 403, 403])
    const evil = { origin: 'https://evil.example' }
    expect((await stack.send('/widget/api/challenge', { headers: evil })).status).toBe(403)
  })

  it('shows an administrator how its budget stands, and no other key', async () => {
    const boss = makeKey({ role: 'admin', services: ['ollama'] })
    const ada = makeKey({ services: ['ollama'] })
    const { stack, chat, tokenOf } = await start({ config: configOf(), keys: [boss, ada] })
    await chat(await tokenOf())
    const { text } = await stack.send('/status', { key: boss.key })
    expect(bodyOf(text)['limits']).toContainEqual(
      expect.objectContaining({ limit: '20usd/month', service: 'widget', used: 12 }),
    )
    expect((await stack.send('/status', { key: ada.key })).text).not.toContain('usd')
  })
})
