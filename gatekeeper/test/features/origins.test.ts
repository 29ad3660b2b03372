/** Origins for everything, from the environment or the top of gatekeeper.yaml, through the real Caddy. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeKey } from '../support/keys.ts'
import { type Stack, startStack, testCaddy } from '../support/stack.ts'

const friend = 'https://app.example'
const own = 'https://own.example'
const ada = makeKey({ services: ['ollama', 'mine', 'closed', 'page', 'openai'] })

const configOf = (url: string) => `version: 1
origins: [https://file.example]
services:
  ollama: {kind: ollama, routes: [{prefix: /api}, {prefix: /v1}]}
  mine: {kind: http, upstream: {url: "${url}"}, origins: [${own}], routes: [{prefix: /mine}]}
  closed: {kind: http, upstream: {url: "${url}"}, origins: [], routes: [{prefix: /closed}]}
  page: {kind: http, upstream: {url: "${url}"}, routes: [{prefix: /page}]}
`

describe.skipIf(testCaddy === null)('origins for every service', () => {
  let stack: Stack

  beforeAll(async () => {
    stack = await startStack({
      keys: [ada],
      config: configOf('http://127.0.0.1:9'),
      env: {
        ...{ OPENAI_API_KEY: 'sk-account', OPENAI_BASE_URL: 'http://127.0.0.1:9/v1' },
        ORIGIN_URLS: `${friend}, https://second.example`,
        ALLOW_MOBILE_NO_ORIGIN: 'false',
      },
    })
  })
  afterAll(() => stack.stop())

  const preflight = (path: string, origin: string, method = 'POST') =>
    stack.send(path, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': method },
    })

  it.each([
    ['/api/tags', friend, 204],
    ['/api/tags', 'https://second.example', 204],
    // The environment comes before the file.
    ['/api/tags', 'https://file.example', 403],
    ['/api/tags', 'https://evil.example', 403],
    ['/page/x', friend, 204],
    ['/status', friend, 204],
    ['/openai/v1/chat/completions', friend, 204],
    // Origins of its own, or an empty list of its own.
    ['/mine/x', own, 204],
    ['/mine/x', friend, 403],
    ['/closed/x', friend, 403],
  ])('a preflight at %s from %s: %i', async (path, origin, status) => {
    const answer = await preflight(path, origin)
    expect(answer.status).toBe(status)
    expect(answer.headers).not.toHaveProperty('access-control-allow-credentials')
    if (status === 204) {
      expect(answer.headers['access-control-allow-origin']).toBe(origin)
      expect(answer.headers['access-control-max-age']).toBe('86400')
      expect(answer.headers['vary']).toBe('Origin')
    }
  })

  it('a preflight lists the methods of its endpoint and exactly the fields of the contract', async () => {
    const { headers } = await preflight('/openai/v1/chat/completions', friend)
    expect(headers['access-control-allow-methods']).toBe('POST')
    expect(headers['access-control-allow-headers']).toBe(
      'Authorization, Content-Type, X-API-Key, X-Partial-Key-Id, X-Partial-Key, anthropic-version',
    )
  })

  it('a page of a listed origin may read answers and refusals; a foreign one gets 403 JSON', async () => {
    const call = (origin: string, key?: string) =>
      stack.send('/api/tags', { headers: { origin }, ...(key !== undefined && { key }) })
    const [allowed, refused] = [await call(friend, ada.key), await call(friend)]
    expect([allowed.status, refused.status]).toEqual([200, 401])
    for (const { headers } of [allowed, refused]) {
      expect(headers['access-control-allow-origin']).toBe(friend)
      expect(headers).not.toHaveProperty('access-control-allow-credentials')
    }
    const foreign = await call('https://evil.example', ada.key)
    expect(foreign.status).toBe(403)
    expect(() => JSON.parse(foreign.text)).not.toThrow()
    expect(foreign.headers).not.toHaveProperty('access-control-allow-origin')
  })

  it('without an Origin providers refuse if so configured, and other services answer', async () => {
    const json = { model: 'gpt-4o', messages: [] }
    const path = '/openai/v1/chat/completions'
    expect((await stack.send(path, { method: 'POST', key: ada.key, json })).status).toBe(403)
    expect((await stack.send('/api/tags', { key: ada.key })).status).toBe(200)
  })
})
