import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { waitUntil } from '../support/child.ts'
import { decisionsOn } from '../support/decisions.ts'
import { makeKey } from '../support/keys.ts'
import { exchange, lines, openTls } from '../support/raw.ts'
import { type Stack, startStack, testCaddy } from '../support/stack.ts'

const ada = makeKey()
const admin = makeKey({ role: 'admin' })
const chat = { model: 'demo', messages: [{ role: 'user', content: 'hello' }] }

const config = `version: 1
services:
  ollama:
    kind: ollama
    timeouts: {connectSeconds: 1, headersSeconds: 1.5, idleSeconds: 1.5}
    routes: [{prefix: /api}, {prefix: /v1}, {prefix: /ollama, strip: true}]
  litellm:
    kind: openai
    routes: [{prefix: /litellm, strip: true}]
`

describe.skipIf(testCaddy === null)('the relay', () => {
  let stack: Stack
  beforeAll(async () => {
    stack = await startStack({ keys: [ada, admin], config })
  })
  afterEach(() => stack.upstream.reset())
  afterAll(() => stack?.stop())

  const open = (path: string, json: unknown, signal?: AbortSignal) =>
    stack.dispatcher.request({
      ...{ origin: stack.url, path, method: 'POST', body: JSON.stringify(json) },
      headers: { 'content-type': 'application/json', authorization: `Bearer ${ada.key}` },
      ...(signal && { signal }),
    })

  it.each([
    ['server-sent events', '/v1/chat/completions', 'text/event-stream'],
    ['NDJSON', '/api/chat', 'application/x-ndjson'],
  ])('forwards %s part by part, as they arrive', async (_name, path, type) => {
    const answer = await open(path, { ...chat, stream: true })
    expect(answer.headers['content-type']).toContain(type)
    const arrivals: number[] = []
    for await (const _chunk of answer.body) arrivals.push(performance.now())
    expect(arrivals.length).toBeGreaterThan(3)
    expect((arrivals.at(-1) ?? 0) - (arrivals[0] ?? 0)).toBeGreaterThan(20)
  })

  it('forwards 64 MiB of bytes unchanged', async () => {
    const size = 64 * 1024 * 1024
    const received = createHash('sha256')
    const sent = createHash('sha256')
    stack.upstream.behave({
      answer: (response) => {
        const chunk = Buffer.alloc(1024 * 1024, 'gatekeeper')
        const write = (left: number): void => {
          if (left === 0) return void response.end()
          sent.update(chunk)
          if (response.write(chunk)) write(left - 1)
          else response.once('drain', () => write(left - 1))
        }
        write(size / chunk.length)
      },
    })
    const answer = await open('/api/generate', { model: 'demo' })
    let length = 0
    for await (const chunk of answer.body) {
      received.update(chunk as Buffer)
      length += (chunk as Buffer).length
    }
    expect(length).toBe(size)
    expect(received.digest('hex')).toBe(sent.digest('hex'))
  })

  it('holds a fast upstream back for a slow client, in bounded memory', async () => {
    let written = 0
    stack.upstream.behave({
      answer: (response) => {
        const chunk = Buffer.alloc(256 * 1024)
        const pump = (): void => {
          while (!response.destroyed) {
            written += chunk.length
            if (!response.write(chunk)) return void response.once('drain', pump)
          }
        }
        pump()
      },
    })
    const answer = await open('/api/generate', { model: 'demo' })
    await sleep(700)
    const held = written
    await sleep(500)
    expect(written - held).toBeLessThan(1024 * 1024)
    expect(held).toBeLessThan(64 * 1024 * 1024)
    answer.body.on('error', () => {}).destroy()
  })

  it('forwards trailers', async () => {
    stack.upstream.behave({ trailers: { 'x-checksum': 'abc' } })
    const answer = await open('/api/chat', chat)
    await answer.body.text()
    expect(answer.trailers).toMatchObject({ 'x-checksum': 'abc' })
  })

  it.each(['/api/chat', '/v1/chat/completions'])(
    'stops the upstream within 1 s when the client leaves: %s',
    async (path) => {
      stack.upstream.behave({ haltAfterParts: 2 })
      const left = new AbortController()
      const answer = await open(path, { ...chat, stream: true }, left.signal)
      const iterator = answer.body[Symbol.asyncIterator]()
      await iterator.next()
      left.abort()
      await iterator.next().catch(() => {})
      await waitUntil(() => stack.upstream.aborted === 1, {
        ...{ limitMs: 1_000, describe: stack.gatekeeper.output },
      })
    },
  )

  it('stops the upstream within 1 s when the client leaves before the answer begins', async () => {
    stack.upstream.behave({ neverAnswer: true })
    const left = new AbortController()
    const answer = open('/api/chat', chat, left.signal).catch(() => 'left')
    await waitUntil(() => stack.upstream.requests === 1, {
      ...{ limitMs: 2_000, describe: stack.gatekeeper.output },
    })
    left.abort()
    expect(await answer).toBe('left')
    await waitUntil(() => stack.upstream.aborted === 1, {
      ...{ limitMs: 1_000, describe: stack.gatekeeper.output },
    })
  })

  it.each(['/api/chat', '/v1/chat/completions'])(
    'breaks the stream when the upstream dies in it, and never ends it cleanly: %s',
    async (path) => {
      stack.upstream.behave({ dieAfterParts: 2 })
      const answer = await open(path, { ...chat, stream: true })
      await expect(answer.body.text()).rejects.toThrow()
    },
  )

  it('breaks the stream of an upstream that falls silent for longer than the service allows', async () => {
    stack.upstream.behave({ haltAfterParts: 2 })
    const answer = await open('/api/chat', chat)
    await expect(answer.body.text()).rejects.toThrow()
  })

  it('K11: an upstream that does not answer in time is 504, without a word of ours inside', async () => {
    stack.upstream.behave({ neverAnswer: true })
    const answer = await stack.send('/api/chat', { key: ada.key, json: chat })
    expect(answer.status).toBe(504)
    expect(JSON.parse(answer.text)).toEqual({ error: expect.stringContaining('in time') })
    expect(answer.headers['retry-after']).toBe('30')
  })

  it("maps an upstream's refusal of our own credential to 502, and withholds its text", async () => {
    const body = '{"error":"sign in","signin_url":"https://vendor.example"}'
    stack.upstream.behave({ status: 401, body })
    const answer = await stack.send('/api/chat', { key: ada.key, json: chat })
    expect(answer.status).toBe(502)
    expect(answer.text).not.toContain('signin_url')
  })

  it('follows no redirect and shows no address of the upstream', async () => {
    stack.upstream.behave({ redirectTo: 'http://127.0.0.1:1/secret' })
    const answer = await stack.send('/api/chat', { key: ada.key, json: chat })
    expect(answer.status).toBe(307)
    expect(answer.headers['location']).toBeUndefined()
    expect(stack.upstream.requests).toBe(1)
  })

  it('sends the upstream its own Host, our identity, and nothing that the client may not say', async () => {
    stack.upstream.behave({ echo: true })
    const answer = await stack.send('/api/chat', {
      json: chat,
      headers: {
        authorization: `Bearer ${ada.key}`,
        'x-api-key': ada.key,
        cookie: 'session=1',
        'x-gatekeeper-user': 'evil',
        'x-gatekeeper-role': 'admin',
        x_gatekeeper_user: 'evil',
        'x-forwarded-for': '6.6.6.6',
        'x-forwarded-host': 'evil.example',
        forwarded: 'for=6.6.6.6',
        'x-real-ip': '6.6.6.6',
        'x-litellm-api-key': 'evil',
        'x-http-method-override': 'DELETE',
        'x-custom': 'kept',
        'anthropic-version': '2023-06-01',
      },
    })
    const { headers } = JSON.parse(answer.text) as { headers: Record<string, string[]> }
    expect(answer.text).not.toContain(ada.key)
    expect(answer.text).not.toMatch(/evil|6\.6\.6\.6|session=1/)
    expect(headers['host']).toEqual([new URL(stack.upstream.url).host])
    expect(headers).toMatchObject({
      'x-gatekeeper-user': ['ada'],
      'x-gatekeeper-key-id': [ada.id],
      'x-gatekeeper-role': ['readwrite'],
      'x-gatekeeper-service': ['ollama'],
      'x-gatekeeper-request-id': [answer.headers['x-request-id']],
      'x-custom': ['kept'],
      'anthropic-version': ['2023-06-01'],
    })
    expect(
      Object.keys(headers).filter((name) => /edge|proof|forwarded|upgrade/.test(name)),
    ).toEqual([])
  })

  it("removes fields of the upstream's answer that reveal it or state facts for us", async () => {
    stack.upstream.behave({
      extraFields: {
        server: 'uvicorn',
        'x-litellm-model-api-base': 'http://inside',
        'x-gatekeeper-user': 'evil',
        'x-gatekeeper-proof': 'evil',
        'set-cookie': 'a=b',
        'access-control-allow-origin': '*',
        'x-kept': 'yes',
      },
    })
    const { headers } = await stack.send('/api/tags', { key: ada.key })
    expect(headers['x-kept']).toBe('yes')
    const names = Object.keys(headers).join(' ')
    expect(names).not.toMatch(/server|litellm|gatekeeper|set-cookie|access-control/)
  })

  it('streams a body that no check reads', async () => {
    stack.upstream.behave({ echo: true })
    const body = Buffer.alloc(3 * 1024 * 1024, 7)
    const path = `/api/blobs/sha256:${createHash('sha256').update(body).digest('hex')}`
    const answer = await stack.send(path, { method: 'POST', key: admin.key, body })
    const echo = JSON.parse(answer.text) as { body: string; url: string }
    expect(Buffer.from(echo.body, 'base64').equals(body)).toBe(true)
    expect((await stack.send(path, { method: 'POST', key: ada.key, body })).status).toBe(403)
  })

  it.each([
    ['twice', '{"model":"demo","model":"other"}'],
    ['in two spellings', '{"model":"demo","MODEL":"other"}'],
    ['in an escape', '{"model":"demo","mod\\u0065l":"other"}'],
    ['with a letter that folds', '{"stream":true,"\u017ftream":false,"model":"demo"}'],
  ])('refuses a body that names a member %s', async (_name, body) => {
    const headers = { 'content-type': 'application/json' }
    const answer = await stack.send('/api/chat', { method: 'POST', key: ada.key, headers, body })
    expect(answer.status).toBe(400)
    expect(stack.upstream.requests).toBe(0)
  })

  it.each([
    ['no type from a page', { 'sec-fetch-site': 'same-origin' }, 415],
    ['text/plain, which any web page may send', { 'content-type': 'text/plain' }, 415],
    [
      'an unknown coding',
      { 'content-type': 'application/json', 'content-encoding': 'compress' },
      415,
    ],
  ])('refuses a JSON body with %s', async (_name, headers, status) => {
    const body = JSON.stringify(chat)
    const answer = await stack.send('/api/chat', { method: 'POST', key: ada.key, headers, body })
    expect(answer.status).toBe(status)
    expect(stack.upstream.requests).toBe(0)
  })

  it('accepts a JSON body with no type from a client other than a browser, as LiteLLM sends it', async () => {
    const body = JSON.stringify(chat)
    const answer = await stack.send('/api/chat', { method: 'POST', key: ada.key, body })
    expect(answer.status).toBe(200)
  })

  it('gives a refused client its 401 and no 100 Continue; an allowed one may send its body', async () => {
    const head = (key: string) => [
      'POST /api/chat HTTP/1.1',
      'Host: localhost',
      `Authorization: Bearer ${key}`,
      'Content-Type: application/json',
      'Expect: 100-continue',
      `Content-Length: ${JSON.stringify(chat).length}`,
    ]
    const refused = await exchange(await openTls(stack), lines(...head('gk_nothing')), 3_000)
    expect(refused).toMatch(/^HTTP\/1\.1 401 /)
    expect(refused).not.toContain('100 Continue')
    expect(stack.upstream.requests).toBe(0)

    const socket = await openTls(stack)
    socket.once('data', () => socket.write(JSON.stringify(chat)))
    const allowed = await exchange(socket, lines(...head(ada.key)))
    expect(allowed).toMatch(/^HTTP\/1\.1 100 Continue\r\n(?:.+\r\n)*\r\nHTTP\/1\.1 200 /)
  })

  it('writes one line per request, without any credential', async () => {
    const good = await stack.send('/api/tags', { key: ada.key })
    const bad = await stack.send('/api/tags', { headers: { 'x-api-key': 'gk_0123456789_wrong' } })
    const decided = () => [good, bad].map((answer) => decisionsOn(answer, stack))
    await waitUntil(() => decided().every(({ length }) => length > 0), {
      ...{ limitMs: 2_000, describe: stack.gatekeeper.output },
    })
    expect(decided().flat()).toMatchObject([
      { outcome: 'allow', principal: `key:${ada.id}`, user: 'ada', status: 200, path: '/api/tags' },
      { outcome: 'deny', reason: 'malformed-key', status: 401 },
    ])
    const written = stack.gatekeeper.output() + stack.caddy.output()
    expect(written).not.toContain(ada.key.slice(14))
  })
})

describe.skipIf(testCaddy === null)('the relay to LiteLLM', () => {
  let stack: Stack
  beforeAll(async () => {
    const { startFaultyUpstream } = await import('../../../scripts/demo/faults.ts')
    const upstream = await startFaultyUpstream()
    upstream.behave({ echo: true })
    const env = { LITELLM_URL: upstream.url, LITELLM_MASTER_KEY: 'sk-master' }
    const started = await startStack({ keys: [ada], config, env })
    stack = {
      ...started,
      stop: async () => {
        await started.stop()
        await upstream.close()
      },
    }
  })
  afterAll(() => stack?.stop())

  it('shows the upstream the configured credential, and never the caller its own', async () => {
    const json = { model: 'gpt', messages: [] }
    const answer = await stack.send('/litellm/v1/chat/completions', { key: ada.key, json })
    const { headers, url } = JSON.parse(answer.text) as {
      headers: Record<string, string[]>
      url: string
    }
    expect(headers['authorization']).toEqual(['Bearer sk-master'])
    expect(url).toBe('/v1/chat/completions')
    expect(answer.text).not.toContain(ada.key)
  })

  it.each([
    ['an address of its own', { api_base: 'http://evil' }],
    ['another model to fall back to', { fallbacks: ['other'] }],
    ['a credential', { API_KEY: 'x' }],
  ])('refuses a body with %s', async (_name, member) => {
    const json = { model: 'gpt', messages: [], ...member }
    const answer = await stack.send('/litellm/v1/chat/completions', { key: ada.key, json })
    expect(answer.status).toBe(400)
  })

  it.each([
    '/litellm/key/generate',
    '/litellm/openai/v1/chat/completions',
    '/litellm/config/update',
  ])('does not know %s', async (path) => {
    const answer = await stack.send(path, { key: ada.key, json: {} })
    expect(answer.status).toBe(404)
  })
})

describe.skipIf(testCaddy === null)('a faulty gateway', () => {
  it('K11: an upstream that refuses connections is 503 with a clear body', async () => {
    const stack = await startStack({ keys: [ada], config, ollamaUrl: 'http://127.0.0.1:1' })
    const answer = await stack.send('/api/tags', { key: ada.key })
    expect(answer.status).toBe(503)
    expect(answer.headers['retry-after']).toBe('5')
    expect(JSON.parse(answer.text)).toEqual({ error: expect.stringContaining('not reachable') })
    await stack.stop()
  })

  it('makes new requests fail within 2 s when the gatekeeper hangs', async () => {
    const stack = await startStack({ keys: [ada], config })
    expect((await stack.send('/api/tags', { key: ada.key })).status).toBe(200)
    stack.gatekeeper.process.kill('SIGSTOP')
    await sleep(2_000)
    const startedAt = performance.now()
    const answer = await stack.send('/api/tags', { key: ada.key })
    expect(answer.status).toBeGreaterThanOrEqual(502)
    expect(performance.now() - startedAt).toBeLessThan(2_000)
    stack.gatekeeper.process.kill('SIGCONT')
    await waitUntil(async () => (await stack.send('/api/tags', { key: ada.key })).status === 200, {
      ...{ limitMs: 5_000, describe: stack.caddy.output },
    })
    await stack.stop()
  })
})
