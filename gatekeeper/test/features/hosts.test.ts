import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type AppServer, startApp } from '../attack/support/app-server.ts'
import { waitUntil } from '../support/child.ts'
import { decisionsOn } from '../support/decisions.ts'
import { makeKey } from '../support/keys.ts'
import { exchange, lines, openTls } from '../support/raw.ts'
import { type SendOptions, type Stack, startStack, testCaddy } from '../support/stack.ts'

const ada = makeKey({ user: 'ada', services: ['webui', 'relayed', 'away'] })
const bob = makeKey({ user: 'bob', services: ['notes', 'ollama'] })
const person = { 'sec-fetch-mode': 'navigate', 'sec-fetch-site': 'none', accept: 'text/html' }
const asPassword = (key: string) => `Basic ${Buffer.from(`x:${key}`).toString('base64')}`

describe.skipIf(testCaddy === null)('a service at a host of its own', () => {
  let stack: Stack
  let webui: AppServer
  let notes: AppServer
  beforeAll(async () => {
    webui = await startApp((response, { url }) => {
      const at = `https://webui.localhost:${stack.httpsPort}/inside`
      response
        .writeHead(url === '/moved' ? 302 : 200, {
          'set-cookie': ['session=1; Path=/; HttpOnly', 'wide=1; Domain=localhost'],
          ...(url === '/moved' && { location: at }),
        })
        .end('webui')
    })
    notes = await startApp((response) => response.end('notes'))
    const config = `version: 1
services:
  ollama: {kind: ollama, routes: [{prefix: /api}]}
  webui:
    kind: http
    upstream: {url: "${webui.url}"}
    origins: ["https://friend.example"]
    routes: [{host: webui.localhost, prefix: /, browser: basic}]
  notes: {kind: http, upstream: {url: "${notes.url}"}, routes: [{host: notes.localhost, prefix: /}, {prefix: /notes}]}
  relayed: {kind: http, upstream: {url: "${webui.url}"}, routes: [{host: relayed.localhost, prefix: /, mode: relay}]}
  away: {kind: http, upstream: {url: "http://127.0.0.1:1"}, anonymous: true, routes: [{host: away.localhost, prefix: /}]}
`
    stack = await startStack({ keys: [ada, bob], config })
  })
  afterEach(() => {
    webui.seen.splice(0)
    notes.seen.splice(0)
  })
  afterAll(async () => {
    await stack?.stop()
    await webui?.close()
    await notes?.close()
  })

  const hostOf = (name: string) => `${name}.localhost:${stack.httpsPort}`
  const sendTo = (name: string, path: string, options: SendOptions = {}) =>
    stack.send(path, { ...options, headers: { host: hostOf(name), ...options.headers } })
  const reached = () => webui.seen.length + notes.seen.length + stack.upstream.requests

  it.each([
    ...['/', '/api/v1/chats?x=1', '/health', '/status', '/openapi.json', '/oauth/token'],
    '/.well-known/x',
  ])('can be reached at its own paths with a key, and sees them unchanged: %s', async (path) => {
    const answer = await sendTo('webui', path, { key: ada.key })
    expect([answer.status, answer.text]).toEqual([200, 'webui'])
    expect(webui.seen).toMatchObject([{ method: 'GET', url: path }])
    const fields = JSON.stringify(webui.seen[0]?.rawHeaders)
    expect(fields).not.toContain('gk_')
    expect(fields).toContain(`"X-Forwarded-Host","${hostOf('webui')}"`)
    expect(fields).not.toContain('X-Forwarded-Prefix')
  })

  it.each(['/', '/livez', '/health', '/.well-known/jwks.json', '/oauth/jwks', '/refusal'])(
    'is relayed in the same way if the route says so: %s',
    async (path) => {
      expect((await sendTo('relayed', path)).status).toBe(401)
      expect(reached()).toBe(0)
      const answer = await sendTo('relayed', path, { key: ada.key })
      expect([answer.status, answer.text]).toEqual([200, 'webui'])
      expect(webui.seen).toMatchObject([{ url: path }])
    },
  )

  it('prompts a person for the key as a password, and only at this host', async () => {
    const asked = await sendTo('webui', '/', { headers: person })
    expect(asked.status).toBe(401)
    expect(asked.headers['www-authenticate']).toBe('Basic realm="gatekeeper", charset="UTF-8"')
    expect(asked.headers['content-type']).toMatch(/text\/html/)
    const { headers } = await sendTo('notes', '/', { headers: person })
    expect(headers['www-authenticate']).toMatch(/^Bearer /)
    const authorization = asPassword(ada.key)
    const answer = await sendTo('webui', '/', { headers: { ...person, authorization } })
    expect(answer.status).toBe(200)
    expect(JSON.stringify(webui.seen)).not.toMatch(/authorization/i)
  })

  it('keeps its cookies, for its own host only, and its address', async () => {
    const { headers } = await sendTo('webui', '/moved', {
      ...{ key: ada.key, headers: { cookie: 'session=1; __Host-gk=x' } },
    })
    expect(headers['location']).toBe('/inside')
    expect(headers['set-cookie']).toEqual(['session=1; Path=/; HttpOnly', 'wide=1'])
    const { rawHeaders = [] } = webui.seen[0] ?? {}
    expect(rawHeaders[rawHeaders.indexOf('Cookie') + 1]).toBe('session=1')
  })

  it('has the answers of the main site when the service is down', async () => {
    const answer = await sendTo('away', '/', { key: ada.key })
    expect(answer.status).toBe(503)
    expect(JSON.parse(answer.text)).toMatchObject({ error: { code: 'upstream_unreachable' } })
    expect(answer.headers['retry-after']).toBeDefined()
    expect(answer.headers['server']).toBeUndefined()
    expect(answer.headers['strict-transport-security']).toBeUndefined()
  })

  describe('attacks', () => {
    it.each(['/.gatekeeper/', '/.gatekeeper/x', '/.Gatekeeper/x', '/.gatekeeper'])(
      '%s never reaches the service',
      async (path) => {
        const { status } = await sendTo('webui', path, { key: ada.key })
        expect({ status, reached: reached() }).toEqual({ status: 404, reached: 0 })
      },
    )

    it.each(['/.gatekeeper%2fx', '/%2egatekeeper/', '/x/../.gatekeeper/', '//.gatekeeper/x'])(
      'and %s does not either, in any spelling',
      async (path) => {
        const { status } = await sendTo('webui', path, { key: ada.key })
        expect([400, 404]).toContain(status)
        expect(reached()).toBe(0)
      },
    )

    it.each([
      ['notes', '/', 'ada', 403],
      ['webui', '/', 'bob', 403],
      ['relayed', '/', 'bob', 403],
      // The paths of the main site do not exist there.
      ['webui', '/api/tags', 'bob', 403],
      ['webui', '/notes/x', 'bob', 403],
    ] as const)(
      'at %s%s a key of another service is refused: %s',
      async (name, path, who, status) => {
        const { key } = who === 'ada' ? ada : bob
        expect((await sendTo(name, path, { key })).status).toBe(status)
        expect(reached()).toBe(0)
      },
    )

    it.each([
      ['/', 404],
      ['/inside', 404],
      ['/health', 200],
      ['/webui', 404],
    ])('on the main site nothing of a host can be found: %s', async (path, status) => {
      expect((await stack.send(path, { key: ada.key })).status).toBe(status)
      expect(reached()).toBe(0)
    })

    it.each([
      ['webui.localhost.', [421]],
      ['x.webui.localhost', [421]],
      ['webui.localhost.evil.example', [421]],
      ['webui.localhost@notes.localhost', [400, 421]],
      ['WEBUI.LOCALHOST', [403]],
      ['webui.localhost:1', [403]],
    ])('Host: %s is that host or none', async (host, statuses) => {
      const socket = await openTls(stack)
      const field = `Authorization: Bearer ${bob.key}`
      const text = await exchange(socket, lines('GET /notes/x HTTP/1.1', `Host: ${host}`, field))
      expect(statuses).toContain(Number(text.slice(9, 12)))
      expect(reached()).toBe(0)
    })

    it('the server name of TLS decides nothing: the Host does', async () => {
      const field = `Authorization: Bearer ${bob.key}`
      for (const [servername, host, served] of [
        ['notes.localhost', 'webui.localhost', 0],
        ['webui.localhost', 'notes.localhost', 1],
      ] as const) {
        const socket = await openTls(stack, servername)
        await exchange(socket, lines('GET /x HTTP/1.1', `Host: ${host}`, field))
        expect(reached()).toBe(served)
      }
    })

    it('a target in absolute form does not select a host other than the requested one', async () => {
      for (const host of ['webui.localhost', 'notes.localhost', 'localhost']) {
        const socket = await openTls(stack)
        const target = 'GET https://notes.localhost/x HTTP/1.1'
        const field = `Authorization: Bearer ${bob.key}`
        const text = await exchange(socket, lines(target, `Host: ${host}`, field))
        expect(text).toMatch(/^HTTP\/1\.1 400 /)
      }
      expect(reached()).toBe(0)
    })

    it('a client cannot state the host itself', async () => {
      const stated = {
        'x-gatekeeper-host': 'notes.localhost',
        'x-forwarded-host': 'notes.localhost',
      }
      const answer = await sendTo('webui', '/notes/x', { key: bob.key, headers: stated })
      expect(answer.status).toBe(403)
      await waitUntil(() => decisionsOn(answer, stack).length > 0, {
        ...{ limitMs: 5_000, describe: stack.gatekeeper.output },
      })
      expect(decisionsOn(answer, stack)).toMatchObject([{ service: 'webui', status: 403 }])
    })

    it.each([
      ['https://localhost:{port}', 403],
      ['https://notes.localhost:{port}', 403],
      ['https://webui.localhost', 403],
      ['http://webui.localhost:{port}', 403],
      ['null', 403],
      ['https://friend.example', 200],
      ['https://webui.localhost:{port}', 200],
    ])('a page of %s gets %i', async (origin, status) => {
      const from = origin.replace('{port}', String(stack.httpsPort))
      const headers = { origin: from }
      expect((await sendTo('webui', '/', { key: ada.key, headers })).status).toBe(status)
      const asked = { ...headers, 'access-control-request-method': 'POST' }
      const preflight = await sendTo('webui', '/', { method: 'OPTIONS', headers: asked })
      expect(preflight.status).toBe(origin === 'https://friend.example' ? 204 : 403)
    })

    it.each([
      [{ 'sec-fetch-site': 'same-site' }],
      [{ 'sec-fetch-site': 'cross-site' }],
      [{ origin: 'https://friend.example' }],
    ])(
      'credentials that a browser adds by itself do not work for pages of other hosts: %j',
      async (more) => {
        const headers = { authorization: asPassword(ada.key), ...more }
        expect((await sendTo('webui', '/', { headers })).status).toBe(403)
        expect(reached()).toBe(0)
      },
    )
  })
})
