/** The relay sends refusals of the check over HTTP/2. Only Caddy can state them. */
import { type ClientHttp2Session, connect } from 'node:http2'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { waitUntil } from '../support/child.ts'
import { decisionsOf } from '../support/decisions.ts'
import { makeKey } from '../support/keys.ts'
import { exchangeUnix, lines } from '../support/raw.ts'
import { type Stack, startStack, testCaddy } from '../support/stack.ts'
import { request } from './support/http2.ts'

const ada = makeKey({ services: ['ollama'] })
const forged = Buffer.from(
  JSON.stringify({ status: 200, fields: { 'x-evil': '1' }, body: 'evil' }),
).toString('base64url')

describe.skipIf(testCaddy === null)('a refusal that is sent by the relay', () => {
  let stack: Stack
  let session: ClientHttp2Session
  beforeAll(async () => {
    stack = await startStack({ keys: [ada] })
    session = connect(stack.url, { ca: stack.ca })
    session.on('error', () => {})
  })
  afterAll(async () => {
    session?.destroy()
    await stack?.stop()
  })

  it.each(['x-gatekeeper-refusal', 'x_gatekeeper_refusal', 'x.gatekeeper.refusal'])(
    'cannot be stated by a client: %s',
    async (name) => {
      for (const path of ['/tts/x', '/v1/models', '/refusal', '/refusal?', '/x/../refusal']) {
        for (const method of ['GET', 'POST']) {
          const fields = { ':method': method, ':path': path, [name]: forged }
          const { status, text } = await request(
            session,
            fields,
            method === 'POST' ? { body: '{}' } : {},
          )
          expect([400, 401, 404]).toContain(status)
          expect(text).not.toContain('evil')
        }
      }
    },
  )

  it('cannot be stated by a neighbour without the edge', async () => {
    const question = lines('GET /refusal HTTP/1.1', 'Host: x', `X-Gatekeeper-Refusal: ${forged}`)
    const answer = await exchangeUnix(`${stack.stateDir}/run/relay.sock`, question)
    expect(answer).toMatch(/^HTTP\/1\.1 403 /)
    expect(answer).not.toContain('evil')
  })

  it('is decided and recorded once, and shows the client nothing of ours', async () => {
    const fields = { ':method': 'POST', ':path': '/tts/once', authorization: `Bearer ${ada.key}` }
    const { status, text } = await request(session, fields, { body: '{}' })
    expect(status).toBe(403)
    expect(JSON.parse(text)).toMatchObject({ error: { code: 'service_not_allowed' } })
    await request(session, { ':method': 'GET', ':path': '/tts/marker' })
    const made = () => decisionsOf(stack)
    await waitUntil(() => made().some((line) => JSON.stringify(line).includes('/tts/marker')), {
      ...{ limitMs: 5_000, describe: stack.gatekeeper.output },
    })
    expect(made().filter((line) => line.path === '/tts/once')).toHaveLength(1)
    const head = await stack.send('/tts/x', { method: 'POST', body: '{}' })
    expect(JSON.stringify(head.headers)).not.toContain('gatekeeper-')
  })

  it.each(['/tts/x', '/v1/chat/completions'])(
    'arrives within seconds at a client that trickles its body forever: %s',
    async (path) => {
      const startedAt = performance.now()
      const stream = session.request({ ':method': 'POST', ':path': path }, { endStream: false })
      stream.on('error', () => {})
      const trickle = setInterval(() => stream.write(' '), 200)
      const { promise, resolve } = Promise.withResolvers<number>()
      stream.on('response', (head) => resolve(Number(head[':status'])))
      expect(await promise).toBe(401)
      clearInterval(trickle)
      expect(performance.now() - startedAt).toBeLessThan(9_000)
      stream.destroy()
    },
  )

  it.each(['/tts/x', '/v1/chat/completions'])(
    'arrives at a client that stops in its body: %s',
    async (path) => {
      const startedAt = performance.now()
      const stream = session.request(
        { ':method': 'POST', ':path': path, 'content-length': '5000' },
        { endStream: false },
      )
      stream.on('error', () => {})
      stream.write('{')
      const { promise, resolve } = Promise.withResolvers<number>()
      stream.on('response', (head) => resolve(Number(head[':status'])))
      expect(await promise).toBe(401)
      expect(performance.now() - startedAt).toBeLessThan(4_000)
      stream.destroy()
    },
  )
})
