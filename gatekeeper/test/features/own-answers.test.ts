/** The security fields of our own answers, from Caddy and the gatekeeper. */
import { connect } from 'node:tls'
import { request } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { frontEnvironment } from '../../src/config/front-environment.ts'
import { makeKey } from '../support/keys.ts'
import { exchange, exchangeUnix, lines, openTls } from '../support/raw.ts'
import { type Stack, startStack, testCaddy } from '../support/stack.ts'

const ada = makeKey()
const friend = 'https://app.example'
const config = `version: 1
services:
  ollama: {kind: ollama, origins: ["${friend}"], routes: [{prefix: /api}, {prefix: /v1}]}
  tts: {kind: http, origins: ["${friend}"], routes: [{prefix: /tts, strip: true}]}
  image: {kind: http, routes: [{prefix: /image, strip: true, browser: basic}]}
`
const fields = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
  'content-security-policy': expect.stringMatching(/^default-src 'none';.*frame-ancestors 'none'/),
}
const revealing = ['server', 'via', 'x-powered-by']
type Headers = Readonly<Record<string, string | string[] | undefined>>

function expectOwn(headers: Headers, shared = false): void {
  expect(headers).toMatchObject(fields)
  expect(headers['cross-origin-resource-policy']).toBe(shared ? undefined : 'same-origin')
  expect(revealing.filter((name) => name in headers)).toEqual([])
  expect(headers['strict-transport-security']).toBeUndefined()
}

describe.skipIf(testCaddy === null)('every answer of our own has the security fields:', () => {
  let stack: Stack
  beforeAll(async () => {
    const env = { TTS_URL: 'http://127.0.0.1:1' }
    stack = await startStack({ keys: [ada], config, env })
  })
  afterAll(() => stack?.stop())

  const preflight = { origin: friend, 'access-control-request-method': 'POST' }
  const page = { 'sec-fetch-mode': 'navigate', accept: 'text/html' }
  it.each<[string, string, Parameters<Stack['send']>[1], number]>([
    ['health', '/health', {}, 200],
    ['the document of keys', '/.well-known/jwks.json', {}, 200],
    ['the status', '/status', { key: ada.key }, 200],
    ['a refusal of the relay', '/v1/models', {}, 401],
    ['a refusal of the check', '/tts/x', {}, 401],
    ['a refusal for a page', '/image/x', { headers: page }, 401],
    ['a denied preflight', '/image/x', { method: 'OPTIONS', headers: preflight }, 403],
    ['an OAuth error', '/oauth/token', { method: 'POST', body: 'x' }, 400],
    ['a path of nobody', '/nothing', { key: ada.key }, 404],
    ['a malformed target', '/api//tags', { key: ada.key }, 400],
    ['a dead service behind a check', '/tts/x', { key: ada.key }, 503],
  ])('%s', async (_, path, options, status) => {
    const answer = await stack.send(path, options)
    expect({ path, status: answer.status }).toEqual({ path, status })
    expectOwn(answer.headers)
  })

  it.each([
    ['a preflight of the check', '/tts/x', { method: 'OPTIONS', headers: preflight }, 204],
    ['a preflight of the relay', '/v1/models', { method: 'OPTIONS', headers: preflight }, 204],
    ['a refusal of the check', '/tts/x', { headers: { origin: friend } }, 401],
    ['a refusal of the relay', '/v1/models', { headers: { origin: friend } }, 401],
  ])('%s for a page of a listed Origin may be read there', async (_, path, options, status) => {
    const answer = await stack.send(path, options)
    expect(answer.status).toBe(status)
    expectOwn(answer.headers, true)
  })

  it('another name, plain HTTP and bytes that are not HTTP', async () => {
    const request421 = lines('GET /health HTTP/1.1', 'Host: evil.example')
    const other = await exchange(await openTls(stack), request421)
    expect(other).toMatch(/^HTTP\/1\.1 421 /)
    for (const headers of [{}, { 'x-api-key': 'x' }]) {
      const plain = await request(`http://127.0.0.1:${stack.httpPort}/health`, { headers })
      await plain.body.dump()
      expectOwn(plain.headers)
    }
    const raw = await exchangeUnix(`${stack.stateDir}/run/relay.sock`, 'no http\r\n\r\n')
    expect(raw).toMatch(/^HTTP\/1\.1 400 /)
    for (const text of [other, raw]) {
      for (const name of Object.keys(fields)) expect(text.toLowerCase()).toContain(`\r\n${name}: `)
      expect(text).not.toMatch(/^(?:server|via):/im)
    }
  })

  it('a service keeps its own fields, and gets none of ours', async () => {
    stack.upstream.behave({
      ...{ status: 200, body: '{}' },
      extraFields: { 'x-frame-options': 'SAMEORIGIN', server: 'x', via: '1.1 x' },
    })
    const { headers } = await stack.send('/api/version', { key: ada.key })
    expect(headers['x-frame-options']).toBe('SAMEORIGIN')
    expect(headers['content-security-policy']).toBeUndefined()
    expect(revealing.filter((name) => name in headers)).toEqual([])
  })

  it.each([
    ['TLSv1.2', true],
    ['TLSv1.3', true],
    ['TLSv1.1', false],
    ['TLSv1', false],
  ] as const)('%s: accepted %s', async (version, isAccepted) => {
    const { promise, resolve } = Promise.withResolvers<string | null>()
    const socket = connect({
      ...{ host: '127.0.0.1', port: stack.httpsPort, servername: 'localhost', ca: stack.ca },
      ...{ minVersion: version, maxVersion: version },
      // Otherwise OpenSSL itself would not offer the old ones.
      ciphers: 'DEFAULT@SECLEVEL=0',
    })
    socket.on('secureConnect', () => resolve(socket.getProtocol()))
    socket.on('error', () => resolve(null))
    expect(await promise).toBe(isAccepted ? version : null)
    socket.destroy()
  })

  it('a request that Caddy itself cannot read names no program', async () => {
    const answer = await exchange(await openTls(stack), 'GET / HTTP/1.1\r\nHost: a b\r\n\r\n')
    expect(answer).toMatch(/^HTTP\/1\.1 400 /)
    expect(answer).not.toMatch(/^(?:server|via):/im)
  })
})

describe.skipIf(testCaddy === null)('Strict-Transport-Security', () => {
  it('is only for names with a public certificate, on refusals and errors too', async () => {
    const publicName = 'gate.example.com'
    const { GATEKEEPER_PUBLIC_SITES } = frontEnvironment({ sites: ['localhost', publicName] })
    expect(GATEKEEPER_PUBLIC_SITES).toBe(publicName)
    // No public authority is contacted: the Caddyfile gets our own certificate for that name.
    const stack = await startStack({
      keys: [ada],
      env: { TTS_URL: 'http://127.0.0.1:1' },
      caddyfile: (text) =>
        text
          .replace(
            '{$GATEKEEPER_SITE:localhost} {',
            `{$GATEKEEPER_SITE:localhost}, ${publicName} {`,
          )
          .replace('{$GATEKEEPER_PUBLIC_SITES:none.invalid}', GATEKEEPER_PUBLIC_SITES),
    })
    for (const [path, status] of [
      ['/health', 200],
      ['/v1/models', 401],
      ['/tts/x', 401],
      ['/nothing', 404],
    ] as const) {
      const ours = await stack.send(path, { headers: { host: publicName } })
      expect([path, ours.status]).toEqual([path, status])
      expect(ours.headers['strict-transport-security']).toBe('max-age=31536000')
      const local = await stack.send(path)
      expect(local.headers['strict-transport-security']).toBeUndefined()
    }
    const headers = { host: publicName, 'x-api-key': ada.key }
    const dead = await stack.send('/tts/x', { headers })
    expect(dead.status).toBeGreaterThanOrEqual(502)
    expect(dead.headers['strict-transport-security']).toBe('max-age=31536000')
    await stack.stop()
  })

  it.each([
    'localhost',
    'ai.localhost',
    '192.168.1.2',
    '::1',
    'nas',
    'ai.lan',
    'nas.local',
    'ai.home.arpa',
  ])('is never for %s', (name) => {
    const { GATEKEEPER_PUBLIC_SITES } = frontEnvironment({ sites: [name] })
    expect(GATEKEEPER_PUBLIC_SITES).toBe('none.invalid')
  })
})
