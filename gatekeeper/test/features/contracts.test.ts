import { rename, rm, writeFile } from 'node:fs/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createApiKey, hashKey } from '../../src/api-keys/api-key.ts'
import { waitUntil } from '../support/child.ts'
import { shippedGateway } from '../support/gateway-file.ts'
import { keyFileText, makeKey } from '../support/keys.ts'
import { exchangeUnix, lines } from '../support/raw.ts'
import { type Stack, startStack, testCaddy } from '../support/stack.ts'

const ada = makeKey()
const speaker = makeKey({ user: 'tom', services: ['tts'] })
const plainKey = 'a-plain-key-of-an-older-set-up-0123456789'

describe.skipIf(testCaddy === null)('the contracts of the key-file gatekeeper', () => {
  let stack: Stack

  beforeAll(async () => {
    stack = await startStack({ keys: [ada, speaker], config: shippedGateway })
  })
  afterEach(() => stack.upstream.reset())
  afterAll(() => stack?.stop())

  describe('K1: without a known key nothing can be reached', () => {
    const cases = [
      { name: 'no key', headers: {} },
      { name: 'an unknown key', headers: { 'x-api-key': createApiKey().key } },
      { name: 'a key with a typing error', headers: { 'x-api-key': `${ada.key.slice(0, -1)}!` } },
      { name: 'the stored hash as a key', headers: { 'x-api-key': hashKey(ada.key) } },
    ]
    for (const path of ['/api/tags', '/chat/api/tags', '/v1/models']) {
      it.each(cases)(`$name on ${path}`, async ({ headers }) => {
        const answer = await stack.send(path, { headers })
        expect(answer.status).toBe(401)
        expect(JSON.parse(answer.text)).toHaveProperty('error')
        expect(answer.headers['www-authenticate']).toBe('Bearer realm="gatekeeper"')
        expect(stack.upstream.requests).toBe(0)
      })
    }
  })

  it.each(['/api/chat', '/chat/api/chat'])(
    'K2: a known key reaches the service, and its answer is streamed: %s',
    async (path) => {
      const json = { model: 'demo', messages: [{ role: 'user', content: 'hello' }] }
      const answer = await stack.send(path, { json, headers: { 'x-api-key': ada.key } })
      expect(answer.status).toBe(200)
      expect(answer.headers['content-type']).toContain('application/x-ndjson')
      const lines = answer.text.trim().split('\n')
      expect(lines.length).toBeGreaterThan(3)
      expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ done: true })
      expect(stack.upstream.requests).toBe(1)
    },
  )

  it.each(['/api/generate', '/chat/api/generate'])(
    "K2: a service's own refusal keeps its status and body: %s",
    async (path) => {
      stack.upstream.behave({ status: 418, body: '{"error":"I am a teapot"}' })
      const answer = await stack.send(path, { key: ada.key, json: { model: 'demo' } })
      expect(answer.status).toBe(418)
      expect(answer.text).toBe('{"error":"I am a teapot"}')
    },
  )

  it('K6: POST /chat/api/generate reaches /api/generate, and nothing unlisted passes under /chat', async () => {
    const ok = await stack.send('/chat/api/generate', {
      key: ada.key,
      json: { model: 'demo', prompt: 'x', stream: false },
    })
    expect(ok.status).toBe(200)
    expect(stack.upstream.received.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'POST /api/generate',
    ])
    stack.upstream.reset()
    const refused = [
      ['GET', '/chat/api/generate', 404],
      ['PUT', '/chat/api/generate', 404],
      ['POST', '/chat/api/generate/', 404],
      ['POST', '/chat/api%2fgenerate', 400],
      ['POST', '/chat/api/%67enerate', 400],
      ['POST', '/chat//api/generate', 400],
      ['POST', '/chat/x/../api/generate', 400],
      ['POST', '/chat/api/generate;x', 400],
      ['POST', '/CHAT/api/generate', 404],
      ['POST', '/chat/API/generate', 404],
      ['POST', '/chat/debug/pprof/heap', 404],
      ['DELETE', '/chat/api/delete', 403],
    ] as const
    for (const [method, path, status] of refused) {
      const answer = await stack.send(path, { method, key: ada.key })
      expect({ method, path, status: answer.status }).toEqual({ method, path, status })
    }
    expect(stack.upstream.received).toEqual([])
  })

  it('K8: a tts key does not open chat', async () => {
    for (const path of ['/chat/api/tags', '/api/tags', '/v1/models']) {
      expect((await stack.send(path, { key: speaker.key })).status).toBe(403)
    }
    expect(stack.upstream.requests).toBe(0)
  })

  it('K10: /status describes a key to its holder, /health reports to anybody that the service works', async () => {
    const status = await stack.send('/status', { key: speaker.key })
    expect(JSON.parse(status.text)).toMatchObject({
      id: speaker.id,
      user: 'tom',
      role: 'readwrite',
      services: ['tts'],
      limits: [],
    })
    expect((await stack.send('/status')).status).toBe(401)
    const health = await stack.send('/health')
    expect(health.status).toBe(200)
    expect(JSON.parse(health.text)).toEqual({
      status: 'ok',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
    })
  })

  it('K14: the gatekeeper behind Caddy accepts no request from any other client', async () => {
    for (const part of ['relay', 'check']) {
      const answer = await exchangeUnix(
        `${stack.stateDir}/run/${part}.sock`,
        lines(
          'GET /api/tags HTTP/1.1',
          'Host: localhost',
          `Authorization: Bearer ${ada.key}`,
          'X-Gatekeeper-Uri: /api/tags',
          'X-Gatekeeper-Method: GET',
        ),
      )
      expect(answer).toMatch(/^HTTP\/1\.1 403 /)
    }
    expect(stack.upstream.requests).toBe(0)
  })
})

describe.skipIf(testCaddy === null)('the contracts of the key file', () => {
  let stack: Stack
  beforeAll(async () => {
    stack = await startStack({})
  })
  afterAll(() => stack?.stop())

  const statusOf = async (key: string) => (await stack.send('/api/tags', { key })).status
  const becomes = (key: string, status: number) =>
    waitUntil(async () => (await statusOf(key)) === status, {
      ...{ limitMs: 2_000, describe: stack.gatekeeper.output },
    })
  const replaceKeys = async (text: string) => {
    await writeFile(`${stack.keysFile}.new`, text)
    await rename(`${stack.keysFile}.new`, stack.keysFile)
  }

  it('K5: with no file every key is refused until one appears; K4: then its key works within 2 s', async () => {
    expect(await statusOf(ada.key)).toBe(401)
    await replaceKeys(keyFileText([ada]))
    await becomes(ada.key, 200)
  })

  it('K4: a removed, disabled or expired key is refused within 2 s, without a restart', async () => {
    await replaceKeys(keyFileText([]))
    await becomes(ada.key, 401)
    for (const change of [{ disabled: true }, { expiresAt: '2026-01-02T00:00:00Z' }]) {
      await replaceKeys(keyFileText([ada]))
      await becomes(ada.key, 200)
      await replaceKeys(keyFileText([{ ...ada, entry: { ...ada.entry, ...change } }]))
      await becomes(ada.key, 401)
    }
  })

  it('K4: a key expires at its instant, not at the next reload', async () => {
    const expiresAt = new Date(Date.now() + 1_500).toISOString()
    await replaceKeys(keyFileText([{ ...ada, entry: { ...ada.entry, expiresAt } }]))
    await becomes(ada.key, 200)
    await becomes(ada.key, 401)
  })

  it('K5: a broken file leaves the last good set in force, and readiness says so', async () => {
    await replaceKeys(keyFileText([ada]))
    await becomes(ada.key, 200)
    await writeFile(stack.keysFile, keyFileText([ada]).slice(0, 100))
    await waitUntil(async () => (await readiness(stack)).includes('"status":"degraded"'), {
      ...{ limitMs: 2_000, describe: stack.gatekeeper.output },
    })
    expect(await readiness(stack)).toMatch(/^HTTP\/1\.1 200 [\s\S]*keys\.json:\d+/)
    expect(await statusOf(ada.key)).toBe(200)
    await replaceKeys(keyFileText([ada]))
    await waitUntil(async () => (await readiness(stack)).includes('"status":"ok"'), {
      ...{ limitMs: 2_000, describe: stack.gatekeeper.output },
    })
    await rm(stack.keysFile)
    await becomes(ada.key, 401)
  })

  it('K3: the plain map of older set-ups works as it is, its service enforced through aliases', async () => {
    const entry = { user: 'old', service: 'chat', created_at: '2024-01-01' }
    await replaceKeys(JSON.stringify({ [plainKey]: entry }))
    await becomes(plainKey, 200)
    const viaField = await stack.send('/chat/api/tags', { headers: { 'x-api-key': plainKey } })
    expect(viaField.status).toBe(200)
    expect((await stack.send('/tts/x', { key: plainKey })).status).toBe(403)
    expect(stack.gatekeeper.output()).toContain('import')
    expect(stack.gatekeeper.output()).not.toContain(plainKey)
    const inQuery = (key: string) => stack.send(`/api/tags?key=${plainKey}`, { key })
    expect((await inQuery(plainKey)).status).toBe(400)
    // The answer does not reveal whether a guess in the URL is a valid key.
    expect((await inQuery(ada.key)).status).toBe(401)
  })
})

function readiness(stack: Stack): Promise<string> {
  return exchangeUnix(
    `${stack.stateDir}/run/ops.sock`,
    lines('GET /readyz HTTP/1.1', 'Host: localhost'),
  )
}
