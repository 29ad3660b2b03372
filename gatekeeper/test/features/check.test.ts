import { createServer, type Server } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type FaultyUpstream, startFaultyUpstream } from '../../../scripts/demo/faults.ts'
import { waitUntil } from '../support/child.ts'
import { makeKey } from '../support/keys.ts'
import { exchange, lines, openTls } from '../support/raw.ts'
import { type Stack, startStack, testCaddy } from '../support/stack.ts'

const ada = makeKey({
  user: 'Zoë\u{1f512} (ops)',
  services: ['tts', 'image', 'ollama'],
})
const friend = 'https://app.example'

const config = `version: 1
services:
  ollama: {kind: ollama, routes: [{prefix: /api}, {prefix: /chat, strip: true, mode: check}]}
  tts: {kind: http, origins: ["${friend}"], routes: [{prefix: /tts, strip: true}]}
  image: {kind: http, webSockets: [/ws], routes: [{prefix: /image, strip: true, browser: basic}]}
`

describe.skipIf(testCaddy === null)('the check', () => {
  let stack: Stack
  let app: FaultyUpstream
  beforeAll(async () => {
    app = await startFaultyUpstream()
    const env = { TTS_URL: app.url, IMAGE_URL: app.url }
    stack = await startStack({ keys: [ada, disabled, elsewhere], config, env })
  })
  afterEach(() => app.reset())
  afterAll(async () => {
    await stack?.stop()
    await app?.close()
  })

  it('gives the service the identity of the caller, percent-encoded, and no claim of the client', async () => {
    app.behave({ echo: true })
    const answer = await stack.send('/tts/speak?x=1', {
      method: 'POST',
      key: ada.key,
      body: 'text',
      headers: {
        'x-gatekeeper-user': 'evil',
        'x-gatekeeper-proof': 'evil',
        x_gatekeeper_user: 'evil',
        'x.gatekeeper.user': 'evil',
        'x-api-key': ada.key,
        'api-key': ada.key,
        'x-goog-api-key': ada.key,
        'x-forwarded-for': '6.6.6.6',
        forwarded: 'for=6.6.6.6',
        'x-real-ip': '6.6.6.6',
        'x-original-url': '/evil',
      },
    })
    expect(answer.status).toBe(200)
    const echo = JSON.parse(answer.text) as { url: string; body: string; headers: Fields }
    expect(answer.text).not.toMatch(/evil|6\.6\.6\.6|gk_/)
    expect(echo.url).toBe('/speak?x=1')
    expect(Buffer.from(echo.body, 'base64').toString()).toBe('text')
    expect(echo.headers['x-gatekeeper-user']).toEqual(['Zo%C3%AB%F0%9F%94%92%20%28ops%29'])
    expect(echo.headers['x-gatekeeper-key-id']).toEqual([ada.id])
    expect(Object.keys(echo.headers).join(' ')).not.toMatch(
      /edge|proof|upgrade|statement|uri|method/,
    )
  })

  it.each(['X-Gatekeeper-User', 'X-Gatekeeper-Proof', 'X-Gatekeeper-Edge', 'Authorization'])(
    'a Connection field that names %s neither removes the identity nor admits a caller',
    async (name) => {
      app.behave({ echo: true })
      const request = [
        'GET /tts/x HTTP/1.1',
        'Host: localhost',
        `X-Api-Key: ${ada.key}`,
        `Connection: ${name}`,
      ]
      const answer = await exchange(await openTls(stack), lines(...request))
      expect(answer).toMatch(/^HTTP\/1\.1 200 /)
      expect(answer).toContain(`"x-gatekeeper-key-id":["${ada.id}"]`)
    },
  )

  it("keeps the service's own statements about identity and origins from the client", async () => {
    const extraFields = {
      'x-gatekeeper-user': 'evil',
      'x-gatekeeper-proof': 'evil',
      'access-control-allow-origin': '*',
      server: 'uvicorn',
    }
    app.behave({ extraFields, status: 200 })
    const { headers } = await stack.send('/tts/x', { key: ada.key })
    expect(JSON.stringify(headers)).not.toMatch(/evil|uvicorn|access-control|x-gatekeeper/)
  })

  it('shows no client the proof, the edge or an identity, whatever is answered', async () => {
    for (const [path, key] of [
      ['/tts/x', ada.key],
      ['/tts/x', undefined],
      ['/chat/api/tags', ada.key],
      ['/api/tags', ada.key],
      ['/nothing', ada.key],
    ] as const) {
      const { headers } = await stack.send(path, key === undefined ? {} : { key })
      expect(JSON.stringify(headers)).not.toContain('gatekeeper-')
    }
  })

  it('an unlisted check route, another service and another prefix reach nothing', async () => {
    for (const path of [
      '/tts',
      '/ttsx/y',
      '/TTS/../tts/x',
      '/tts/%2e%2e/x',
      '/tts/a%2f..%2fb',
      '/tts/;x',
    ]) {
      const answer = await stack.send(path, { key: ada.key })
      expect({ path, isRefused: [400, 404].includes(answer.status) }).toEqual({
        path,
        isRefused: true,
      })
    }
    expect(app.requests).toBe(0)
  })

  it('passes a WebSocket to a row that accepts one, its key removed from the sub-protocols', async () => {
    app.behave({ echo: true })
    const request = [
      'GET /image/ws HTTP/1.1',
      'Host: localhost',
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      `Sec-WebSocket-Protocol: comfy, openai-insecure-api-key.${ada.key}`,
    ]
    const bytes = `${request.join('\r\n')}\r\n\r\n`
    const answer = await exchange(await openTls(stack), bytes, 1_500)
    expect(answer).toMatch(/^HTTP\/1\.1 200 /)
    expect(answer).toContain('"sec-websocket-protocol":["comfy"]')
    expect(answer).toContain('"upgrade":["websocket"]')
    expect(answer).not.toContain('gk_')
  })

  it.each([
    ['/image/other', 'websocket'],
    ['/image/ws', 'h2c'],
    ['/tts/x', 'websocket'],
    ['/chat/api/tags', 'websocket'],
    ['/api/tags', 'websocket'],
  ])('refuses to change protocols: %s to %s', async (path, protocol) => {
    const request = [`GET ${path} HTTP/1.1`, 'Host: localhost', `X-Api-Key: ${ada.key}`]
    const upgrade = [
      'Connection: Upgrade, close',
      `Upgrade: ${protocol}`,
      'Sec-WebSocket-Version: 13',
    ]
    const bytes = `${[...request, ...upgrade, 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='].join('\r\n')}\r\n\r\n`
    const answer = await exchange(await openTls(stack), bytes, 2_000)
    // RFC 9110 §15.5.22; 400 where Caddy proxies by itself.
    const isRelayed = path.startsWith('/api')
    expect(answer).toMatch(isRelayed ? /^HTTP\/1\.1 426 / : /^HTTP\/1\.1 400 /)
    expect(/\r\nUpgrade: HTTP\/1\.1\r\n/.test(answer)).toBe(isRelayed)
    expect(app.requests).toBe(0)
  })

  it('prompts a person who opens a page for the key, and never a script', async () => {
    const page = await stack.send('/image/', { headers: { 'sec-fetch-mode': 'navigate' } })
    expect(page.headers['www-authenticate']).toMatch(/^Basic /)
    const script = await stack.send('/image/', { headers: { 'sec-fetch-mode': 'cors' } })
    expect(script.headers['www-authenticate']).toMatch(/^Bearer /)
    const basic = `Basic ${Buffer.from(`any:${ada.key}`).toString('base64')}`
    expect((await stack.send('/image/', { headers: { authorization: basic } })).status).not.toBe(
      401,
    )
    const forged = { authorization: basic, 'sec-fetch-site': 'cross-site' }
    expect((await stack.send('/image/', { headers: forged })).status).toBe(403)
  })

  const disabled = makeKey({ services: ['image'], disabled: true })
  const elsewhere = makeKey({ services: ['tts'] })
  const opens = { 'sec-fetch-mode': 'navigate', accept: 'text/html,*/*;q=0.8' }
  const asPassword = (key: string) => ({
    authorization: `Basic ${Buffer.from(`any:${key}`).toString('base64')}`,
  })

  it('prompts for the key for the requests of a page as well, and not for those of another site', async () => {
    const challenge = async (site: string | null, path = '/image/assets/a.js') => {
      const of = site === null ? {} : { 'sec-fetch-site': site }
      const { headers } = await stack.send(path, {
        headers: { 'sec-fetch-mode': 'no-cors', ...of },
      })
      return String(headers['www-authenticate']).split(' ')[0]
    }
    expect(await challenge('same-origin')).toBe('Basic')
    for (const site of ['same-site', 'cross-site', 'none', null]) {
      expect(await challenge(site)).toBe('Bearer')
    }
    expect(await challenge('same-origin', '/tts/a.js')).toBe('Bearer')
  })

  it.each([
    ['without a key', {}, 401, /An API key is required/],
    ['with a key that is disabled', asPassword(disabled.key), 401, /An API key is required/],
    [
      'with a key for another service',
      asPassword(elsewhere.key),
      403,
      /may not call the service image/,
    ],
    ['with a malformed credential', { authorization: 'Basic x' }, 400, /cannot be accepted/],
  ])('a person who opens a page %s reads the reason', async (_, fields, status, text) => {
    const page = await stack.send('/image/', { headers: { ...opens, ...fields } })
    expect(page.status).toBe(status)
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8')
    expect(page.headers['content-security-policy']).toMatch(
      /^default-src 'none'; style-src 'sha256-/,
    )
    expect(page.text).toMatch(text)
    expect(page.text).not.toMatch(/<script|gk_/)
    expect(/^Basic /.test(String(page.headers['www-authenticate']))).toBe(status === 401)
    // A program, another Accept, and another route get JSON.
    for (const [path, headers] of [
      ['/image/', { ...fields, 'sec-fetch-mode': 'cors', accept: opens.accept }],
      ['/image/', { ...fields, ...opens, accept: '*/*' }],
      ['/chat/api/tags', { ...fields, ...opens }],
    ] as const) {
      const answer = await stack.send(path, { headers })
      expect(answer.headers['content-type']).toBe('application/json; charset=utf-8')
      expect(() => JSON.parse(answer.text)).not.toThrow()
    }
  })

  it('answers preflights itself, by the origins of the service', async () => {
    const preflight = (path: string, origin: string) =>
      stack.send(path, {
        method: 'OPTIONS',
        headers: {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'authorization',
        },
      })
    const allowed = await preflight('/tts/x', friend)
    expect(allowed.status).toBe(204)
    expect(allowed.headers['access-control-allow-origin']).toBe(friend)
    expect(allowed.headers['access-control-allow-headers']).toContain('Authorization')
    expect(JSON.stringify(allowed.headers)).not.toContain('gatekeeper-proof')
    expect((await preflight('/tts/x', 'https://evil.example')).status).toBe(403)
    expect((await preflight('/image/x', friend)).status).toBe(403)
    expect(app.requests).toBe(0)
  })

  it('lets a page of a named origin read the answer, and refuses every other origin', async () => {
    app.behave({ status: 200, body: 'ok' })
    const call = (origin: string, key?: string) =>
      stack.send('/tts/x', { headers: { origin }, ...(key !== undefined && { key }) })
    const allowed = await call(friend, ada.key)
    expect(allowed.status).toBe(200)
    expect(allowed.headers['access-control-allow-origin']).toBe(friend)
    expect((await call('https://evil.example', ada.key)).status).toBe(403)
    expect((await call('null', ada.key)).status).toBe(403)
    expect((await call(friend)).headers['access-control-allow-origin']).toBe(friend)
  })
})

describe.skipIf(testCaddy === null)('K9: further services of the same shape', () => {
  let stack: Stack
  let app: FaultyUpstream
  const bob = makeKey({ services: ['tts', 'whisper', 'image'] })
  beforeAll(async () => {
    app = await startFaultyUpstream()
    const env = { TTS_URL: app.url, WHISPER_URL: app.url, IMAGE_URL: app.url }
    stack = await startStack({ keys: [bob], env })
  })
  afterEach(() => app.reset())
  afterAll(async () => {
    await stack?.stop()
    await app?.close()
  })

  it('speech returns the audio that the service sent', async () => {
    const audio = Buffer.from(Uint8Array.from({ length: 50_000 }, (_, at) => at % 251))
    app.behave({
      answer: (response) => response.writeHead(200, { 'content-type': 'audio/mpeg' }).end(audio),
    })
    const answer = await stack.dispatcher.request({
      ...{ origin: stack.url, path: '/tts/v1/audio/speech', method: 'POST', body: '{"input":"x"}' },
      headers: { 'x-api-key': bob.key, 'content-type': 'application/json' },
    })
    expect(answer.headers['content-type']).toBe('audio/mpeg')
    expect(Buffer.from(await answer.body.arrayBuffer()).equals(audio)).toBe(true)
    expect(app.received.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'POST /v1/audio/speech',
    ])
  })

  it('an upload reaches the service unchanged', async () => {
    app.behave({ echo: true })
    const sound = Buffer.alloc(2 * 1024 * 1024, 'sound')
    const part = 'Content-Disposition: form-data; name="audio_file"; filename="a.wav"'
    const body = Buffer.concat([
      Buffer.from(`--b\r\n${part}\r\n\r\n`),
      sound,
      Buffer.from('\r\n--b--\r\n'),
    ])
    const headers = { 'content-type': 'multipart/form-data; boundary=b', 'x-api-key': bob.key }
    const answer = await stack.send('/whisper/asr?task=x', { method: 'POST', headers, body })
    const echo = JSON.parse(answer.text) as { body: string; url: string }
    expect(echo.url).toBe('/asr?task=x')
    expect(Buffer.from(echo.body, 'base64').equals(body)).toBe(true)
  })

  it('an image service is one block and one entry as well', async () => {
    app.behave({ status: 200, body: 'queued' })
    const answer = await stack.send('/image/prompt', { json: { prompt: {} }, key: bob.key })
    expect([answer.status, answer.text]).toEqual([200, 'queued'])
    expect((await stack.send('/image/prompt', { json: {} })).status).toBe(401)
  })
})

describe.skipIf(testCaddy === null)('a person who opens a page of a dead service', () => {
  it('reads that it is not available; a program gets JSON', async () => {
    const env = { IMAGE_URL: 'http://127.0.0.1:1', TTS_URL: 'http://127.0.0.1:1' }
    const stack = await startStack({ keys: [ada], config, env })
    const opens = { 'sec-fetch-mode': 'navigate', accept: 'text/html' }
    const page = await stack.send('/image/', { key: ada.key, headers: opens })
    expect(page.status).toBeGreaterThanOrEqual(502)
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8')
    expect(page.headers['content-security-policy']).toMatch(
      /^default-src 'none'; style-src 'sha256-/,
    )
    expect(page.text).toMatch(/^<!doctype html>.*not available.*Request [0-9a-f-]{36} · status 50/)
    for (const [path, headers] of [
      ['/image/', { accept: 'text/html' }],
      ['/image/', { ...opens, accept: '*/*' }],
      ['/tts/', opens],
    ] as const) {
      const answer = await stack.send(path, { key: ada.key, headers })
      expect(answer.status).toBe(page.status)
      expect(() => JSON.parse(answer.text)).not.toThrow()
    }
    await stack.stop()
  })
})

describe.skipIf(testCaddy === null)('a check without a working gatekeeper', () => {
  let stack: Stack
  let fake: Server | null = null
  beforeAll(async () => {
    stack = await startStack({ keys: [ada], config })
  })
  afterAll(async () => {
    fake?.close()
    await stack?.stop()
  })
  const call = () => stack.send('/chat/api/tags', { key: ada.key })

  it('is refused within 2 s when the gatekeeper is frozen', async () => {
    stack.gatekeeper.process.kill('SIGSTOP')
    const startedAt = performance.now()
    const answer = await call()
    expect(answer.status).toBe(504)
    expect(performance.now() - startedAt).toBeLessThan(2_000)
    stack.gatekeeper.process.kill('SIGCONT')
    await waitUntil(async () => (await call()).status === 200, {
      ...{ limitMs: 5_000, describe: stack.gatekeeper.output },
    })
  })

  it('is refused within 1.5 s when the gatekeeper is dead', async () => {
    await stack.gatekeeper.stop()
    stack.upstream.reset()
    const startedAt = performance.now()
    const answer = await call()
    expect(answer.status).toBe(502)
    expect(performance.now() - startedAt).toBeLessThan(1_500)
    expect(JSON.parse(answer.text)).toEqual({ error: expect.any(String) })
    expect(stack.upstream.requests).toBe(0)
  })

  // Answers that the real gatekeeper never gives: a misrouted check, answered by an application.
  it.each([
    ['200 without proof', 200, { 'x-gatekeeper-user': 'ada' }],
    ['200 with a wrong proof', 200, { 'x-gatekeeper-user': 'ada', 'x-gatekeeper-proof': 'x' }],
    ['200 with an empty proof', 200, { 'x-gatekeeper-user': 'ada', 'x-gatekeeper-proof': '' }],
    ['200 with a literal placeholder', 200, { 'x-gatekeeper-proof': '{env.PROOF}' }],
    ['204', 204, {}],
    ['206', 206, {}],
    ['302', 302, { location: '/' }],
  ])('an answer of %s lets nothing through', async (_name, status, fields) => {
    fake = createServer((_request, response) => response.writeHead(status, fields).end())
    const listening = fake
    await new Promise<void>((resolve) =>
      listening.listen(`${stack.stateDir}/run/check.sock`, resolve),
    )
    const answer = await call()
    expect(answer.status).toBe(503)
    expect(answer.headers['location']).toBeUndefined()
    expect(stack.upstream.requests).toBe(0)
    await new Promise((resolve) => listening.close(resolve))
    await sleep(0)
  })
})

type Fields = Readonly<Record<string, string[]>>
