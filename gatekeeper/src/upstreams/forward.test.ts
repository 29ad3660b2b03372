import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type Certificate, makeCertificate } from '../../test/support/certificate.ts'
import { forwardAndSettle } from '../../test/support/forward.ts'
import { type Handler, listen } from '../../test/support/listen.ts'
import {
  aPrincipal,
  aReservation,
  aService,
  sampleKey,
  someFacts,
} from '../../test/support/questions.ts'
import type { Problem } from '../lib/problem.ts'
import { Admission } from '../model/admission.ts'
import type { Service } from '../model/service.ts'
import { createCertificateFaults } from './certificate-faults.ts'
import type { Forwarded } from './exchange.ts'
import { createForwarder, type Forwarder } from './forward.ts'

type Seen = { status: number | null; body: string; isWhole: boolean; headers: object }

/** Sends one request through a forwarder to the upstream; `forwarded` is what the forwarder says. */
async function relay(
  origin: string,
  onHead: () => void = () => {},
): Promise<{ forwarded: Forwarded; seen: Seen }> {
  const timeouts = { connectSeconds: 1, headersSeconds: 0.3, idleSeconds: 0.3 }
  const service = aService({ upstream: { origin, key: 'ours' }, timeouts })
  const forwarder = createForwarder([service])
  onTestFinished(() => void forwarder.close())
  return await relayThrough(forwarder, service, onHead)
}

async function relayThrough(
  forwarder: Forwarder,
  service: Service,
  onHead: () => void = () => {},
): Promise<{ forwarded: Forwarded; seen: Seen }> {
  const { promise, resolve } = Promise.withResolvers<Forwarded>()
  const port = await listen((incoming, response) => {
    const admission = new Admission({
      facts: someFacts({ service }),
      principal: aPrincipal(),
      obligations: [],
      reservation: aReservation(),
    })
    const exchange = {
      ...{ request: incoming, response, bytes: Buffer.from('{}') },
      ...{
        set: { 'x-gatekeeper-user': 'ada' },
        answer: { 'x-request-id': 'r' },
        reader: null,
        form: null,
      },
    }
    void forwardAndSettle(forwarder, admission, exchange).then((forwarded) => {
      if (!response.headersSent) response.end()
      resolve(forwarded)
    })
  })
  const seen = await send(port, onHead)
  return { forwarded: await promise, seen }
}

function send(port: number, onHead: () => void): Promise<Seen> {
  const { promise, resolve } = Promise.withResolvers<Seen>()
  const headers = { authorization: `Bearer ${sampleKey}`, 'content-type': 'application/json' }
  const call = request(
    { port, method: 'POST', path: '/ignored', headers, agent: false },
    (answer) => {
      onHead()
      let body = ''
      answer.on('data', (chunk) => {
        body += chunk
      })
      answer.on('error', () => {})
      answer.on('close', () => {
        const { statusCode = null } = answer
        resolve({ status: statusCode, body, isWhole: answer.complete, headers: answer.headers })
      })
    },
  )
  call.on('error', () => resolve({ status: null, body: '', isWhole: false, headers: {} }))
  call.end('{}')
  return promise
}

const upstream = async (handle: Handler) => `http://127.0.0.1:${await listen(handle)}`

test('an answer is forwarded whole, and the upstream sees our key and never the client’s', async () => {
  let fields: IncomingMessage['headers'] = {}
  let line = ''
  const origin = await upstream((incoming, response) => {
    fields = incoming.headers
    line = `${incoming.method} ${incoming.url}`
    response.writeHead(201, { 'x-a': '1', server: 'secret', 'set-cookie': 'a=b' }).end('hello')
  })
  const { forwarded, seen } = await relay(origin)
  expect(forwarded).toEqual({
    outcome: { status: 201, kind: 'answered', answerBytes: 5, firstByteMs: expect.any(Number) },
    ...{ reason: null, usage: null },
  })
  expect(seen).toMatchObject({ status: 201, body: 'hello', isWhole: true })
  expect(seen.headers).toMatchObject({ 'x-a': '1', 'x-request-id': 'r' })
  expect(seen.headers).not.toHaveProperty('set-cookie')
  expect(line).toBe('POST /api/chat')
  expect(fields).toMatchObject({ authorization: 'Bearer ours', 'x-gatekeeper-user': 'ada' })
  expect(JSON.stringify(fields)).not.toContain(sampleKey)
})

test('a head is forwarded without waiting for its content', async () => {
  const headSeen = Promise.withResolvers<void>()
  const origin = await upstream((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
    // Never, unless the client got only the head.
    void headSeen.promise.then(() => response.end('data: late'))
  })
  const { seen } = await relay(origin, headSeen.resolve)
  expect(seen).toMatchObject({ status: 200, body: 'data: late', isWhole: true })
})

test.each([204, 304])('an answer without content (%i) is complete', async (status) => {
  const origin = await upstream((_, response) => response.writeHead(status).end())
  const { forwarded, seen } = await relay(origin)
  expect(forwarded.outcome).toEqual({ status, kind: 'answered', answerBytes: 0 })
  expect(seen).toMatchObject({ status, body: '', isWhole: true })
})

describe('a failure before the head of the answer gives a reason', () => {
  test('nobody listens', async () => {
    const server = createServer()
    const { promise, resolve } = Promise.withResolvers<void>()
    server.listen(0, '127.0.0.1', resolve)
    await promise
    const { port } = server.address() as AddressInfo
    await new Promise((done) => server.close(done))
    const { forwarded } = await relay(`http://127.0.0.1:${port}`)
    expect(forwarded).toMatchObject({ reason: 'upstream-unreachable', outcome: { kind: 'failed' } })
  })

  test('the upstream sends nothing', async () => {
    const { forwarded } = await relay(await upstream(() => {}))
    expect(forwarded).toMatchObject({ reason: 'upstream-timeout', outcome: { kind: 'failed' } })
  })

  test('the upstream hangs up', async () => {
    const { forwarded } = await relay(await upstream((incoming) => incoming.socket.destroy()))
    expect(forwarded).toMatchObject({ reason: 'upstream-failed', outcome: { kind: 'failed' } })
  })

  test('the upstream does not speak HTTP', async () => {
    const origin = await upstream((incoming) => incoming.socket.end('hello\r\n\r\n'))
    expect((await relay(origin)).forwarded.reason).toBe('upstream-failed')
  })

  test.each([401, 403, 407])(
    'the upstream does not accept our key (%i): the client’s key is valid',
    async (status) => {
      const origin = await upstream((_, response) => {
        response.writeHead(status, { 'www-authenticate': 'Basic' }).end('which key?')
      })
      const { forwarded, seen } = await relay(origin)
      expect(forwarded).toMatchObject({
        reason: 'upstream-rejected-us',
        outcome: { kind: 'failed' },
      })
      expect(seen.body).not.toContain('which key')
    },
  )

  test.each([401, 403])(
    'a provider behind the upstream refuses (%i): its list of models is available',
    async (status) => {
      const origin = await upstream((incoming, response) => {
        if (incoming.url === '/v1/models') return void response.end('{"data":[]}')
        response.writeHead(status).end('Incorrect API key sk-provider')
      })
      const { forwarded, seen } = await relay(origin)
      expect(forwarded).toMatchObject({
        reason: 'upstream-provider-refused',
        outcome: { kind: 'failed', status },
      })
      expect(seen.body).not.toContain('sk-provider')
    },
  )

  test('no upstream is known', async () => {
    const forwarder = createForwarder([])
    const admission = new Admission({
      ...{ facts: someFacts(), principal: aPrincipal(), obligations: [] },
      reservation: aReservation(),
    })
    const response = { destroyed: false }
    const exchange = { set: {}, answer: {}, bytes: null, response } as unknown as Parameters<
      typeof forwarder.forward
    >[1]
    expect((await forwarder.forward(admission, exchange)).reason).toBe('upstream-unreachable')
  })
})

describe('a failure afterwards gives a broken answer, never a complete one', () => {
  test.each([
    ['the upstream hangs up', (response: ServerResponse) => response.destroy()],
    ['the upstream falls silent', () => {}],
  ])('%s', async (_, end) => {
    const origin = await upstream((_incoming, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write('data: half', () => end(response))
    })
    const { forwarded, seen } = await relay(origin)
    expect(forwarded).toMatchObject({
      reason: null,
      outcome: { status: 200, kind: 'failed', answerBytes: 10 },
    })
    expect(seen).toMatchObject({ status: 200, body: 'data: half', isWhole: false })
  })
})

test('a redirect of the upstream is not followed, and its location is not revealed', async () => {
  let calls = 0
  const origin = await upstream((_, response) => {
    calls++
    response.writeHead(302, { location: 'http://169.254.169.254/secret' }).end()
  })
  const { seen } = await relay(origin)
  expect([calls, seen.status]).toEqual([1, 302])
  expect(seen.headers).not.toHaveProperty('location')
})

describe('an upstream with a private certificate authority', () => {
  const authority = makeCertificate({ name: 'authority', isAuthority: true })
  const trusted = makeCertificate({ issuer: authority })

  /** Asks an https upstream with this certificate once for each `ca`. */
  const ask = async (certificate: Certificate, cas: readonly (string | undefined)[]) => {
    const server = createTlsServer({ cert: certificate.cert, key: certificate.key }, (_, answer) =>
      answer.end('fine'),
    )
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
    const noted: Problem[] = []
    const certificates = createCertificateFaults((problem) => noted.push(problem))
    const results: Forwarded[] = []
    for (const ca of cas) {
      const upstream = { origin, key: null, ...(ca !== undefined && { ca }) }
      const service = aService({ upstream })
      const forwarder = createForwarder([service], { certificates })
      results.push((await relayThrough(forwarder, service)).forwarded)
      await forwarder.close()
    }
    return { results, noted, certificates }
  }

  test('answers when its authority is configured', async () => {
    const { results, certificates } = await ask(trusted, [authority.cert])
    expect(results).toMatchObject([{ outcome: { status: 200 }, reason: null }])
    expect(certificates.problems()).toEqual([])
  })

  test.each([
    ['of an unknown authority', trusted, undefined, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', /tls: \{ca/],
    ['signed by itself', makeCertificate(), undefined, 'DEPTH_ZERO_SELF_SIGNED_CERT', /tls: \{ca/],
    [
      ...['that has expired', makeCertificate({ issuer: authority, days: -2 })],
      ...[authority.cert, 'CERT_HAS_EXPIRED', /renew it/],
    ],
    [
      ...['for another name', makeCertificate({ issuer: authority, host: 'other.example' })],
      ...[authority.cert, 'ERR_TLS_CERT_ALTNAME_INVALID', /another name/],
    ],
    [
      ...['of another authority than the named one', trusted],
      ...[makeCertificate({ isAuthority: true }).cert, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', /tls/],
    ],
  ] as [string, Certificate, string | undefined, string, RegExp][])(
    '%s is named with the cure, once, until the service answers',
    async (_, certificate, ca, code, cure) => {
      const { results, noted } = await ask(certificate, [ca, ca])
      expect(results[0]).toMatchObject({ reason: 'upstream-untrusted', outcome: { cause: code } })
      expect(noted).toMatchObject([{ source: 'ollama', what: expect.stringContaining(code) }])
      expect(noted[0]?.remedy).toMatch(cure)
    },
  )

  test('is no longer reported as a fault after it answers', async () => {
    const { noted, certificates } = await ask(trusted, [undefined, authority.cert])
    expect([noted.length, certificates.problems()]).toEqual([1, []])
  })
})
