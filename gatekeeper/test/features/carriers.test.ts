/**
 * Fields with credentials, through the real Caddy: which one is ours, which belongs to the service,
 * which are refused; and services with a private certificate authority, at both points.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FaultyUpstream, startFaultyUpstream } from '../../../scripts/demo/faults.ts'
import { askLive } from '../../../scripts/explain/ask-live.ts'
import { readSettings } from '../../src/config/read-settings.ts'
import { type Certificate, makeCertificate } from '../support/certificate.ts'
import { makeKey } from '../support/keys.ts'
import { exchangeUnix, lines } from '../support/raw.ts'
import { type SendOptions, type Stack, startStack, testCaddy } from '../support/stack.ts'

const all = ['webui', 'page', 'app', 'notes', 'secure', 'secured', 'selfsigned']
const ada = makeKey({ services: all })
const eve = makeKey({ services: all })
const app = 'Bearer eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJhcHAifQ.c2lnbmF0dXJl'

const folder = mkdtempSync(join(tmpdir(), 'gk-carriers-'))
const authority = makeCertificate({ name: 'authority', isAuthority: true })
const caFile = join(folder, 'ca.pem')
writeFileSync(caFile, authority.cert)

async function listenTls({ cert, key }: Certificate): Promise<Server> {
  const server = createServer({ cert, key }, (_, answer) => answer.end('secret page'))
  server.on('tlsClientError', () => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}
const addressOf = (server: Server) => `https://127.0.0.1:${(server.address() as AddressInfo).port}`

describe.skipIf(testCaddy === null)('carriers of credentials', () => {
  let stack: Stack
  let service: FaultyUpstream
  let trusted: Server
  let selfSigned: Server

  beforeAll(async () => {
    service = await startFaultyUpstream()
    service.behave({ echo: true })
    trusted = await listenTls(makeCertificate({ issuer: authority }))
    selfSigned = await listenTls(makeCertificate())
    const to = (url: string, more = '') => `upstream: {url: "${url}"${more}}`
    const own = `, tls: {ca: "${caFile}"}`
    const config = `version: 1
services:
  webui: {kind: http, ${to(service.url)}, routes: [{prefix: /webui, credentialField: X-API-Key}]}
  page: {kind: http, ${to(service.url)}, routes: [{prefix: /page, browser: basic, credentialField: Basic}]}
  app: {kind: http, ${to(service.url)}, routes: [{prefix: /app, mode: relay, credentialField: X-API-Key}]}
  notes: {kind: http, ${to(service.url)}, methods: {use: [PUT, PATCH]}, routes: [{prefix: /notes}]}
  secure: {kind: http, ${to(addressOf(trusted), own)}, routes: [{prefix: /secure, mode: relay}]}
  secured: {kind: http, ${to(addressOf(trusted), own)}, routes: [{prefix: /secured}]}
  selfsigned: {kind: http, ${to(addressOf(selfSigned))}, routes: [{prefix: /selfsigned, mode: relay}]}
`
    stack = await startStack({ keys: [ada, eve], config, env: { OLLAMA_URL: '' } })
  })
  afterAll(async () => {
    await stack?.stop()
    await service?.close()
    for (const server of [trusted, selfSigned]) server?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const ask = async (path: string, options: SendOptions = {}) => {
    const { status, text } = await stack.send(path, options)
    return { status, text }
  }
  const basic = (key: string) => `Basic ${Buffer.from(`any:${key}`).toString('base64')}`

  describe.each(['/webui/x', '/app/x'])('%s names X-API-Key', (path) => {
    const send = (headers: Record<string, string>) => ask(path, { headers })

    it('so the token of the application reaches it, and our key does not', async () => {
      const fields = { authorization: app, 'api-key': 'of-the-app', 'x-goog-api-key': 'too' }
      const { status, text } = await send({ 'x-api-key': ada.key, ...fields })
      expect(status).toBe(200)
      const { headers } = JSON.parse(text) as { headers: Record<string, string[]> }
      expect(headers).toMatchObject({
        ...{ authorization: [app], 'api-key': ['of-the-app'], 'x-goog-api-key': ['too'] },
        'x-gatekeeper-key-id': [ada.id],
      })
      expect(text).not.toContain(ada.key)
      expect(headers).not.toHaveProperty('x-api-key')
    })

    it('a key in another field never reaches it', async () => {
      const before = service.received.length
      for (const key of [ada.key, eve.key]) {
        for (const headers of [
          { authorization: `Bearer ${key}` },
          { authorization: key },
          { authorization: basic(key) },
          { authorization: `Token ${key}` },
          { 'api-key': key },
          { 'x-goog-api-key': key },
        ]) {
          const { status, text } = await send({ 'x-api-key': ada.key, ...headers })
          expect([status, text]).toEqual([400, expect.stringContaining('credential_not_for_here')])
          expect(text).not.toContain(key.slice(14))
        }
      }
      expect(service.received.length).toBe(before)
    })

    it('without it a caller is refused, and the answer names the field', async () => {
      const { status, text } = await send({ authorization: app })
      expect([status, text]).toEqual([401, expect.stringContaining('X-API-Key: KEY')])
    })
  })

  it('a password dialog and the token of the application are distinguished', async () => {
    const page = (authorization: string) => ask('/page/x', { headers: { authorization } })
    const opened = await page(basic(ada.key))
    expect(opened.status).toBe(200)
    expect(opened.text).not.toContain(basic(ada.key))
    expect((await page(app)).status).toBe(401)
  })

  it('explain shows the credential in the field that the route reads', async () => {
    const { explainListen } = readSettings({
      ...{ env: stack.env, folder, platform: process.platform },
      readFile: (path) => readFileSync(path, 'utf8'),
    }).settings
    for (const [target, isAllowed] of [
      ['/webui/x', true],
      ['/page/x', true],
      ['/notes/x', true],
      ['/nothing', false],
    ] as const) {
      const question = {
        ...{ method: 'GET', target, host: 'localhost', clientAddress: '127.0.0.1' },
        ...{ origin: null, model: null },
        caller: { kind: 'credential', credential: ada.key } as const,
      }
      const { verdict } = await askLive(question, explainListen)
      expect([target, verdict.isAllowed]).toEqual([target, isAllowed])
    }
  })

  it('a readwrite key may use the methods that the service lists, and no others', async () => {
    const statuses = await Promise.all(
      ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].map(
        async (method) => (await ask('/notes/x', { method, key: ada.key })).status,
      ),
    )
    expect(statuses).toEqual([200, 200, 200, 200, 403])
    expect(
      (await ask('/webui/x', { method: 'PUT', headers: { 'x-api-key': ada.key } })).status,
    ).toBe(403)
  })

  it('Bearer before the key is accepted in each field, and any other scheme is named in the answer', async () => {
    for (const name of ['authorization', 'x-api-key', 'api-key', 'x-goog-api-key']) {
      const headers = { [name]: `Bearer ${ada.key}` }
      expect((await ask('/notes/x', { headers })).status).toBe(200)
      for (const scheme of ['Bearer Bearer', 'Token', 'ApiKey']) {
        const wrong = await ask('/notes/x', { headers: { [name]: `${scheme} ${ada.key}` } })
        expect([wrong.status, wrong.text.toLowerCase()]).toEqual([
          400,
          expect.stringContaining(`the ${name} field`),
        ])
        expect(wrong.text).not.toContain(ada.key.slice(14))
      }
    }
  })

  it('the answer for a token above the limit states the limit', async () => {
    const { status, text } = await ask('/notes/x', { key: `e.${'y'.repeat(33_000)}.x` })
    expect([status, text]).toEqual([400, expect.stringContaining('longer than 32,768 characters')])
  })

  it.each(['/secure/x', '/secured/x'])('%s trusts the configured authority', async (path) => {
    expect(await ask(path, { key: ada.key })).toEqual({ status: 200, text: 'secret page' })
  })

  it('a failing certificate is reported with the fix, to the operator only', async () => {
    const { status, text } = await ask('/selfsigned/x', { key: ada.key })
    expect([status, text]).toEqual([502, expect.stringContaining('upstream_untrusted')])
    expect(text).not.toMatch(/127\.0\.0\.1|SELF_SIGNED/)
    const socket = join(stack.stateDir, 'run/ops.sock')
    const ready = await exchangeUnix(socket, lines('GET /readyz HTTP/1.1', 'Host: localhost'))
    const cure = 'tls: {ca: FILE} below services.selfsigned.upstream'
    for (const said of [ready, stack.gatekeeper.output()]) {
      expect(said).toContain('DEPTH_ZERO_SELF_SIGNED_CERT')
      expect(said).toContain(cure)
    }
  })
})
