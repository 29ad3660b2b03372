import { readdirSync, readFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { createServer, type Server } from 'node:net'
import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type FaultyUpstream, startFaultyUpstream } from '../../../scripts/demo/faults.ts'
import { waitUntil } from '../support/child.ts'
import { freePort } from '../support/free-port.ts'
import { makeKey } from '../support/keys.ts'
import { exchange, lines, openTls } from '../support/raw.ts'
import { type Stack, startStack, testCaddy } from '../support/stack.ts'

const ada = makeKey({ user: 'ada', services: ['app', 'dead', 'hung', 'model', 'page'] })

type Line = Readonly<Record<string, unknown>>

describe.skipIf(testCaddy === null)('the outcome of a request behind a check (K11)', () => {
  let stack: Stack
  let app: FaultyUpstream
  let hung: Server
  let wsPort: number
  beforeAll(async () => {
    app = await startFaultyUpstream()
    // Accepts connections, and never sends a byte.
    hung = createServer((socket) => socket.on('error', () => {}))
    const hungPort = await freePort()
    wsPort = await freePort()
    await new Promise<void>((done) => hung.listen(hungPort, '127.0.0.1', done))
    const timeouts = 'timeouts: {connectSeconds: 1, headersSeconds: 1, idleSeconds: 1}'
    const config = `version: 1
services:
  app: {kind: http, ${timeouts}, upstream: {url: "${app.url}"}, routes: [{prefix: /app, strip: true}]}
  dead: {kind: http, origins: ["https://a.example"], upstream: {url: "http://127.0.0.1:${await freePort()}"}, routes: [{prefix: /dead}]}
  model: {kind: ollama, upstream: {url: "http://127.0.0.1:${await freePort()}"}, routes: [{prefix: /model, strip: true, mode: check}]}
  page: {kind: http, ${timeouts}, webSockets: [/ws], upstream: {url: "http://127.0.0.1:${wsPort}"}, routes: [{prefix: /page, strip: true}]}
  hung: {kind: http, ${timeouts}, upstream: {url: "http://127.0.0.1:${hungPort}"}, routes: [{prefix: /hung}]}
`
    stack = await startStack({ keys: [ada], config })
  })
  afterEach(() => app.reset())
  afterAll(async () => {
    await stack?.stop()
    await app?.close()
    hung?.close()
  })

  /** The gatekeeper's line of the request, after it was written. */
  async function lineOf(requestId: unknown): Promise<Line> {
    let found: Line | undefined
    await waitUntil(
      () => {
        const all = stack.gatekeeper.output().split('\n')
        const text = all.find(
          (line) => line.includes(`"${requestId}"`) && line.includes('"decision"'),
        )
        found = text === undefined ? undefined : (JSON.parse(text) as Line)
        return found !== undefined
      },
      { limitMs: 10_000, describe: stack.gatekeeper.output },
    )
    return found as Line
  }
  const call = (path: string, headers = {}) => stack.send(path, { key: ada.key, headers })

  it('an answer is recorded with its status, its bytes and its duration', async () => {
    app.behave({
      answer: (response) => void setTimeout(() => response.writeHead(418).end('0123456789'), 150),
    })
    const answer = await call('/app/x')
    const line = await lineOf(answer.headers['x-request-id'])
    expect(line).toMatchObject({
      ...{ outcome: 'allow', status: 418, ended: 'answered', answerBytes: 10, service: 'app' },
    })
    expect(line['durationMs']).toBeGreaterThan(140)
  })

  it('the audit has the same values', async () => {
    app.behave({ status: 200, body: 'ok' })
    const answer = await call('/app/audited')
    await lineOf(answer.headers['x-request-id'])
    const id = String(answer.headers['x-request-id'])
    let record = ''
    await waitUntil(
      () => {
        record = readAudit(stack.stateDir).find((line) => line.includes(id)) ?? ''
        return record !== ''
      },
      { limitMs: 10_000, describe: () => record },
    )
    expect(record).toMatch(/"status":200/)
    expect(record).toMatch(/"ended":"answered"/)
    expect(record).toMatch(/"upstreamStatus":200/)
  })

  it('a dead service is 503 with Retry-After in the form of its errors, and recorded as a failure', async () => {
    const answer = await call('/dead/x', { origin: 'https://a.example' })
    expect(answer.status).toBe(503)
    expect(answer.headers['retry-after']).toBe('5')
    expect(answer.headers['access-control-allow-origin']).toBe('https://a.example')
    const id = answer.headers['x-request-id']
    expect(JSON.parse(answer.text)).toEqual({
      type: 'error',
      error: expect.objectContaining({ type: 'overloaded_error', code: 'upstream_unreachable' }),
      request_id: id,
    })
    expect(await lineOf(id)).toMatchObject({
      ...{ outcome: 'fail', reason: 'upstream-unreachable', status: 503, ended: 'failed' },
    })
    const native = await call('/model/api/tags')
    expect(native.status).toBe(503)
    expect(JSON.parse(native.text)).toEqual({ error: expect.stringContaining('not reachable') })
    const compatible = await call('/model/v1/models')
    expect(JSON.parse(compatible.text)).toMatchObject({ error: { code: 'upstream_unreachable' } })
    expect(answer.text + native.text).not.toMatch(/127\.0\.0\.1|refused|dial/)
  })

  it('a service that hangs is 504 at its time limit, and recorded as a time-out', async () => {
    const startedAt = performance.now()
    const answer = await call('/hung/x')
    expect(performance.now() - startedAt).toBeLessThan(4_000)
    expect(answer.status).toBe(504)
    expect(JSON.parse(answer.text)).toMatchObject({ error: { code: 'upstream_timeout' } })
    expect(answer.headers['retry-after']).toBe('30')
    expect(await lineOf(answer.headers['x-request-id'])).toMatchObject({
      ...{ outcome: 'fail', reason: 'upstream-timeout', status: 504, ended: 'failed' },
    })
  })

  it('an answer that goes silent in the middle is broken off at the limit', async () => {
    let id: unknown
    app.behave({
      answer: (response, request) => {
        id = request.headers['x-gatekeeper-request-id']
        response.writeHead(200, { 'content-length': '100' }).write('half')
      },
    })
    await expect(call('/app/x')).rejects.toThrow()
    expect(await lineOf(id)).toMatchObject({ status: 200, ended: 'aborted', answerBytes: 4 })
  })

  it('a WebSocket that is silent for longer stays open', async () => {
    const upgraded = Promise.withResolvers<Duplex>()
    const page = createHttpServer().on('upgrade', (_, socket) => {
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
      )
      upgraded.resolve(socket.on('error', () => {}))
    })
    await new Promise<void>((done) => page.listen(wsPort, '127.0.0.1', done))
    const socket = await openTls(stack)
    const request = ['GET /page/ws HTTP/1.1', 'Host: localhost', `X-Api-Key: ${ada.key}`]
    const upgrade = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13']
    socket.write(lines(...request, ...upgrade, 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='))
    let heard = ''
    socket.on('data', (bytes) => {
      heard += bytes
    })
    const inner = await upgraded.promise
    await sleep(1_500)
    inner.write('still here')
    await waitUntil(() => heard.includes('still here'), { limitMs: 3_000, describe: () => heard })
    socket.destroy()
    page.close()
  })

  it('a service that hangs up before its answer is 502', async () => {
    app.behave({ answer: (response) => void response.destroy() })
    const answer = await call('/app/x')
    expect(answer.status).toBe(502)
    expect(JSON.parse(answer.text)).toMatchObject({ error: { code: 'upstream_failed' } })
    expect(await lineOf(answer.headers['x-request-id'])).toMatchObject({
      ...{ outcome: 'fail', reason: 'upstream-failed', status: 502 },
    })
  })

  it('a client cannot forge an outcome: neither with fields, nor with its target', async () => {
    app.behave({ status: 200, body: 'ok' })
    const id = '00000000-0000-4000-8000-000000000000'
    const forged = JSON.stringify({ uuid: id, status: 299, size: 1, ended: 'yes' })
    const request = [
      `GET /app/x?${encodeURIComponent(forged)} HTTP/1.1`,
      'Host: localhost',
      `X-Api-Key: ${ada.key}`,
      `X-Request-Id: ${id}`,
      `X-Gatekeeper-Request-Id: ${id}`,
      `User-Agent: ","uuid":"${id}","status":299,"cause":"failed`,
      `Referer: ${forged}`,
    ]
    const answer = await exchange(await openTls(stack), lines(...request))
    const own = /x-request-id: ([0-9a-f-]+)/i.exec(answer)?.[1]
    expect(own).not.toBe(id)
    expect(await lineOf(own)).toMatchObject({ status: 200, ended: 'answered' })
    expect(stack.gatekeeper.output()).not.toMatch(/"status":299|00000000-0000-4000/)
  })

  it('refusals are decided as usual, and Caddy reports nothing of them', async () => {
    const answer = await stack.send('/app/x')
    expect(answer.status).toBe(401)
    expect(await lineOf(answer.headers['x-request-id'])).toMatchObject({
      outcome: 'deny',
      status: 401,
    })
    expect(stack.caddy.output()).not.toMatch(/"logger":"http\.log\.access/)
  })

  it('without reports requests are served, and the record says "unknown"', async () => {
    app.behave({ status: 200, body: 'ok' })
    const lonely = await startStack({
      keys: [ada],
      config: `version: 1\nservices:\n  app: {kind: http, upstream: {url: "${app.url}"}, routes: [{prefix: /app, strip: true}]}\n`,
      caddyfile: (text) => text.replace('\timport outcomes\n', ''),
    })
    try {
      const answer = await lonely.send('/app/x', { key: ada.key })
      expect(answer.status).toBe(200)
      await waitUntil(() => lonely.gatekeeper.output().includes('"ended":"unknown"'), {
        ...{ limitMs: 5_000, describe: lonely.gatekeeper.output },
      })
    } finally {
      await lonely.stop()
    }
  })

  it('requests that are open when Caddy dies are recorded as unknown', async () => {
    let id: unknown
    app.behave({
      answer: (response, request) => {
        id = request.headers['x-gatekeeper-request-id']
        response.writeHead(200).write('x')
      },
    })
    const open = call('/app/x').catch(() => null)
    await waitUntil(() => id !== undefined, { limitMs: 5_000, describe: () => 'no request' })
    await sleep(50)
    stack.caddy.process.kill('SIGKILL')
    await open
    expect(await lineOf(id)).toMatchObject({ status: 200, ended: 'unknown' })
    app.behave({ status: 200, body: 'ok' })
    await stack.startCaddy()
    await waitUntil(async () => (await call('/app/y').catch(() => null))?.status === 200, {
      ...{ limitMs: 15_000, describe: stack.gatekeeper.output },
    })
  })
})

function readAudit(stateDir: string): string[] {
  const folder = `${stateDir}/audit`
  return readdirSync(folder).flatMap((name) =>
    readFileSync(`${folder}/${name}`, 'utf8').split('\n'),
  )
}
