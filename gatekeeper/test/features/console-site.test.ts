/** The console's own site, with the real Caddy and the real admin process (DESIGN §6). */
import { once } from 'node:events'
import { readFileSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { consoleOf, startConsole, type TestConsole } from '../support/console.ts'
import { makeKey } from '../support/keys.ts'
import { exchange, exchangeUnix, lines } from '../support/raw.ts'
import { type Stack, startStack, testCaddy } from '../support/stack.ts'

const key = makeKey()
const paths = ['/health', '/status', '/v1/models', '/api/tags', '/oauth/token', '/tts/', '/admin']

describe.skipIf(testCaddy === null)('the console’s site', () => {
  let stack: Stack
  let site: TestConsole
  beforeAll(async () => {
    stack = await startStack({ keys: [key] })
    site = await startConsole(stack)
  })
  afterAll(async () => {
    await site?.stop()
    await stack?.stop()
  })

  const tlsOf = () => ({ host: '127.0.0.1', port: stack.consolePort, ca: stack.ca })

  /** One request in a connection that was made for the console's name. */
  async function exchangeTls(host: string): Promise<string> {
    const socket = connectTls({ ...tlsOf(), servername: 'console.localhost' })
    await once(socket, 'secureConnect')
    return await exchange(socket, lines('GET /admin/v1/session HTTP/1.1', host))
  }

  it('answers by the admin process, which nobody else reaches', async () => {
    const { status, text } = await site.send('/admin/v1/session')
    expect([status, JSON.parse(text).reason]).toEqual([401, 'no_session'])
    const socket = join(stack.stateDir, 'run/front/console.sock')
    expect(statSync(socket).mode & 0o007).toBe(0)
    const host = `Host: console.localhost:${stack.consolePort}`
    const plain = lines('GET /admin/v1/session HTTP/1.1', host, 'Connection: close')
    expect(await exchangeUnix(socket, plain)).toMatch(/^HTTP\/1\.1 403 /)
  })

  it('has no service, and no path of services', async () => {
    const before = stack.upstream.requests
    for (const path of paths) {
      const read = await site.send(path, { key: key.key })
      // The page itself, which shows that there is nothing.
      expect([path, String(read.headers['content-type'])]).toEqual([
        path,
        expect.stringMatching(/^text\/(?:html|plain)|^application\/problem/),
      ])
      const { status } = await site.send(path, { method: 'POST', key: key.key })
      expect([path, status]).toEqual([path, expect.toBeOneOf([403, 404, 405])])
    }
    expect(stack.upstream.requests).toBe(before)
  })

  it('is no part of the services’ site, whatever the name', async () => {
    for (const path of ['/admin/v1/session', '/console', '/signin', '/welcome']) {
      const { status } = await stack.send(path)
      expect([path, status === 401 || status === 404]).toEqual([path, true])
    }
    const asked = { headers: { host: `console.localhost:${stack.httpsPort}` } }
    expect((await stack.send('/admin/v1/session', asked)).status).toBe(421)
  })

  it.each([
    'localhost',
    '127.0.0.1',
    'evil.example',
    'console.localhost.evil.example',
    'xconsole.localhost',
    'console.localhost@evil.example',
    'console.localhost.',
    '*.localhost',
    '',
  ])('does not answer under another name: %j', async (host) => {
    const answer = await exchangeTls(`Host: ${host}:${stack.consolePort}`)
    expect(answer).toMatch(/^HTTP\/1\.1 4(?:21|00) /)
    expect(answer).not.toContain('no_session')
  })

  it('gives a certificate to nobody who asks for another name', async () => {
    const asking = connectTls({ ...tlsOf(), servername: 'evil.example' })
    await expect(once(asking, 'secureConnect')).rejects.toThrow(/alert/)
  })

  it('does not speak plain HTTP, and redirects nobody to it', async () => {
    const host = `Host: console.localhost:${stack.consolePort}`
    const answer = await exchange(
      connect(stack.consolePort, '127.0.0.1'),
      lines('GET / HTTP/1.1', host),
    )
    expect(answer).toMatch(/^HTTP\/1\.[01] 400 /)
    expect(answer).not.toMatch(/location|set-cookie|<script/i)
  })

  it('believes no field of ours from a client, in no spelling', async () => {
    const edge = JSON.parse(readFileSync(join(stack.stateDir, 'console/edge.json'), 'utf8')).edge
    const { status, text } = await site.send('/admin/v1/session', {
      headers: {
        'x-gatekeeper-edge': ['0'.repeat(64), edge],
        'x-gatekeeper-request-id': 'mine',
        'x-gatekeeper-client-address': '203.0.113.7',
        x_gatekeeper_request_id: 'mine',
        'x-forwarded-for': '203.0.113.7',
        connection: 'x-gatekeeper-edge, x-gatekeeper-client-address',
      },
    })
    expect([status, text.includes('mine')]).toEqual([401, false])
  })

  it('tells nobody whom it runs on, and never asks a browser to keep to HTTPS', async () => {
    for (const { headers } of [
      await site.send('/'),
      await site.send('/nothing'),
      await site.send('/admin/v1/session'),
    ]) {
      const names = Object.keys(headers)
      expect(
        names.filter((name) => /^(server|via|x-powered-by|x-gatekeeper.*)$/.test(name)),
      ).toEqual([])
      // Of localhost it would lock out every other program of this machine.
      expect(names).not.toContain('strict-transport-security')
      expect(headers['x-content-type-options']).toBe('nosniff')
    }
  })

  it('keeps its edge secret from clients and logs', async () => {
    const edge = JSON.parse(readFileSync(join(stack.stateDir, 'console/edge.json'), 'utf8')).edge
    const { text, headers } = await site.send('/admin/v1/session')
    expect(text + JSON.stringify(headers)).not.toContain(edge)
    const output = stack.caddy.output() + site.admin.output() + stack.gatekeeper.output()
    expect(output).not.toContain(edge)
  })

  describe('without the admin process', () => {
    beforeAll(async () => {
      site.admin.process.kill('SIGKILL')
      await once(site.admin.process, 'exit')
    })

    it('says that the gateway works, to programs and to people', async () => {
      const answer = await site.send('/admin/v1/session')
      expect(answer.status).toBe(503)
      expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8')
      expect(JSON.parse(answer.text)).toMatchObject({
        ...{ status: 503, reason: 'unavailable' },
        detail: 'The console is not running; the gateway works.',
      })
      const page = await site.send('/keys', {
        headers: { 'sec-fetch-mode': 'navigate', accept: 'text/html,*/*' },
      })
      expect([page.status, page.headers['content-type']]).toEqual([
        ...[503, 'text/html; charset=utf-8'],
      ])
      expect(page.text).toContain('The gateway works')
      for (const { headers } of [answer, page]) {
        expect(headers).toMatchObject({
          ...{ 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY' },
          ...{ 'referrer-policy': 'no-referrer', 'cache-control': 'no-store' },
          'content-security-policy': expect.stringMatching(/^default-src 'none'/),
        })
        expect(headers['server']).toBeUndefined()
      }
    })

    it('the gateway answers as before', async () => {
      const { status } = await stack.send('/v1/models', { key: key.key })
      expect(status).toBe(200)
      expect((await stack.send('/health')).status).toBe(200)
    })

    it('comes back by itself with the next admin process', async () => {
      await site.restart()
      expect((await site.send('/admin/v1/session')).status).toBe(401)
    })
  })
})

describe.skipIf(testCaddy === null)('on a bare address', () => {
  it('the console answers with a certificate for it, and offers no passkeys', async () => {
    const env = { GATEKEEPER_SITE: 'localhost', GATEKEEPER_CONSOLE_SITE: '127.0.0.1' }
    const stack = await startStack({ env })
    const site = await startConsole(stack)
    try {
      expect(site.url).toBe(`https://127.0.0.1:${stack.consolePort}`)
      const { status, text } = await site.send('/admin/v1/signin')
      expect([status, JSON.parse(text).passkey.isPossible]).toEqual([200, false])
    } finally {
      await site.stop()
      await stack.stop()
    }
  })
})

describe.skipIf(testCaddy === null)('GATEKEEPER_CONSOLE=off', () => {
  it('leaves nothing that listens on the port, and everything else works', async () => {
    const stack = await startStack({ keys: [key], env: { GATEKEEPER_CONSOLE: 'off' } })
    try {
      expect(await tryConnecting(stack.consolePort)).toBe('ECONNREFUSED')
      expect((await stack.send('/v1/models', { key: key.key })).status).toBe(200)
      const { send, dispatcher } = consoleOf(stack)
      await expect(send('/')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
      await dispatcher.destroy()
    } finally {
      await stack.stop()
    }
  })
})

function tryConnecting(port: number): Promise<string> {
  return new Promise((done) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      done('connected')
    })
    socket.on('error', ({ code }: NodeJS.ErrnoException) => done(code ?? 'unknown'))
  })
}
