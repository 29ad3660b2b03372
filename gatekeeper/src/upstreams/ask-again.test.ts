import { type IncomingMessage, request, type ServerResponse } from 'node:http'
import { describe, expect, onTestFinished, test } from 'vitest'
import { forwardAndSettle } from '../../test/support/forward.ts'
import { listen } from '../../test/support/listen.ts'
import {
  anEndpoint,
  aPrincipal,
  aReservation,
  aService,
  someFacts,
} from '../../test/support/questions.ts'
import { Admission, type Outcome } from '../model/admission.ts'
import type { Forwarded } from './exchange.ts'
import { createForwarder } from './forward.ts'

const plain = '{"stream":true}'
const asking = '{"stream":true,"stream_options":{"include_usage":true}}'
const stream = { 'content-type': 'text/event-stream' }
const events = 'data: {"choices":[],"usage":{"prompt_tokens":1}}\n\ndata: [DONE]\n\n'

type Upstream = (body: string, response: ServerResponse, incoming: IncomingMessage) => void

const answering: Upstream = (_, response) => void response.writeHead(200, stream).end(events)

/** Refuses the member that we added, as an upstream that does not know it. */
const refusing =
  (status: number, otherwise: Upstream = answering): Upstream =>
  (body, response, incoming) => {
    if (!body.includes('stream_options')) return otherwise(body, response, incoming)
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end('{"detail":"extra_forbidden"}')
  }

type Options = { readonly isStanding?: () => boolean; readonly clock?: () => number }

/** A forwarder in front of an upstream, and what reached the upstream and the ledger. */
async function startRelay(upstream: Upstream, { isStanding, clock }: Options = {}) {
  const received: string[] = []
  const outcomes: Outcome[] = []
  const port = await listen(async (incoming, response) => {
    let body = ''
    for await (const chunk of incoming) body += chunk
    received.push(body)
    upstream(body, response, incoming)
  })
  const service = aService({
    upstream: { origin: `http://127.0.0.1:${port}`, key: null },
    timeouts: { connectSeconds: 1, headersSeconds: 2, idleSeconds: 2 },
  })
  const forwarder = createForwarder([service], { ...(clock && { clock }) })
  onTestFinished(() => void forwarder.close())
  const settle = async (outcome: Outcome) => void outcomes.push(outcome)
  const forwarded: Promise<Forwarded>[] = []
  const entry = await listen((incoming, response) => {
    const { model = 'm', own } = incoming.headers as { model?: string; own?: string }
    const admission = new Admission({
      facts: someFacts({ service, endpoint: anEndpoint({ body: 'json' }) }),
      ...{ principal: aPrincipal(), obligations: [{ kind: 'ask-usage' }] },
      reservation: aReservation({ settle }),
      ...(isStanding && { isStanding }),
    })
    const question = own ? null : { model, bytesWithout: () => Buffer.from(plain) }
    const sent = { request: incoming, response, bytes: Buffer.from(asking), form: null, question }
    const result = forwardAndSettle(forwarder, admission, {
      ...sent,
      set: {},
      answer: {},
      reader: null,
    })
    forwarded.push(result)
    void result.then(() => response.headersSent || response.writeHead(503).end())
  })
  const call = (headers: Record<string, string> = {}) => ask(entry, headers)
  return { call, received, outcomes, forwarded, forwarder }
}

function ask(port: number, headers: Record<string, string>) {
  const { promise: seen, resolve } = Promise.withResolvers<{ status: number; text: string }>()
  const call = request({ port, method: 'POST', headers, agent: false }, async (incoming) => {
    let text = ''
    incoming.on('error', () => {})
    for await (const chunk of incoming) text += chunk
    resolve({ status: incoming.statusCode ?? 0, text })
  })
  call.on('error', () => resolve({ status: 0, text: '' }))
  call.end('{}')
  return { seen, leave: () => call.destroy() }
}

describe('an upstream that refuses the request for usage', () => {
  test.each([400, 422])('receives the request once more without it (%i)', async (status) => {
    const { call, received, outcomes } = await startRelay(refusing(status))
    // Usage that it reports by itself belongs to the client.
    expect(await call().seen).toEqual({ status: 200, text: events })
    expect(received).toEqual([asking, plain])
    expect(outcomes).toMatchObject([{ status: 200, kind: 'answered' }])
  })

  test('gets no further one for that model until an hour has passed', async () => {
    let now = 0
    const { call, received } = await startRelay(refusing(422), { clock: () => now })
    for (const model of ['a', 'a', 'b']) await call({ model }).seen
    expect(received).toEqual([asking, plain, plain, asking, plain])
    now = 3_600_000
    await call({ model: 'a' }).seen
    expect(received.slice(5)).toEqual([asking, plain])
  })

  test('has its answer forwarded when the client itself had asked', async () => {
    const { call, received } = await startRelay(refusing(422))
    const { status, text } = await call({ own: '1' }).seen
    expect([status, text, received.length]).toEqual([422, '{"detail":"extra_forbidden"}', 1])
  })

  test('and the rest too has its second answer forwarded, and gets the option the next time', async () => {
    const always: Upstream = (body, response) =>
      void response.writeHead(422).end(body === plain ? 'second' : 'first')
    const { call, received, outcomes } = await startRelay(always)
    expect(await call().seen).toEqual({ status: 422, text: 'second' })
    expect(outcomes).toMatchObject([{ status: 422, kind: 'answered' }])
    await call().seen
    expect(received).toEqual([asking, plain, asking, plain])
  })

  test.each([404, 409, 413, 429, 500, 503])('has other errors (%i) forwarded', async (status) => {
    const { call, received } = await startRelay(refusing(status))
    expect((await call().seen).status).toBe(status)
    expect(received).toEqual([asking])
  })

  test('and breaks off at the second attempt fails, settled once', async () => {
    const dying = refusing(400, (_, response) => response.destroy())
    const { call, outcomes, forwarded } = await startRelay(dying)
    expect((await call().seen).status).toBe(503)
    expect(await forwarded[0]).toMatchObject({ reason: 'upstream-failed' })
    expect(outcomes).toMatchObject([{ kind: 'failed' }])
  })

  test('and sends it without end does not hold up the request', async () => {
    const endless: Upstream = (body, response) => {
      if (body === plain) return void response.writeHead(200, stream).end(events)
      response.writeHead(422)
      response.on('error', () => {})
      response.write('x'.repeat(1_000_000))
    }
    const { call } = await startRelay(endless)
    expect((await call().seen).status).toBe(200)
  })
})

test('and accepted it once does not count as refusing it, whatever a later request holds', async () => {
  let isOdd = false
  const { call, received } = await startRelay((body, response, incoming) => {
    // Like a body that is too long by exactly these bytes.
    const handle = isOdd ? refusing(400) : answering
    handle(body, response, incoming)
  })
  // The usage that we asked for is hidden.
  expect((await call().seen).text).toBe('data: [DONE]\n\n')
  isOdd = true
  expect((await call().seen).status).toBe(400)
  isOdd = false
  await call().seen
  expect(received).toEqual([asking, asking, asking])
})

describe('the end of a request applies at any attempt', () => {
  test('a client that disconnects at the second: settled once, as broken off', async () => {
    let leave = () => {}
    const upstream: Upstream = (body, response, incoming) => {
      if (body === plain) return leave()
      refusing(422)(body, response, incoming)
    }
    const { call, received, outcomes, forwarded } = await startRelay(upstream)
    const client = call()
    leave = client.leave
    await client.seen
    await forwarded[0]
    expect(received.length).toBe(2)
    expect(outcomes).toMatchObject([{ status: 499, kind: 'aborted' }])
  })

  test('a client that disconnected before the refusal arrived: nothing is sent again', async () => {
    const arrived = Promise.withResolvers<ServerResponse>()
    const { call, received, outcomes, forwarded } = await startRelay((_, response) =>
      arrived.resolve(response),
    )
    const client = call()
    const response = await arrived.promise
    response.on('error', () => {})
    client.leave()
    await client.seen
    await forwarded[0]
    response.writeHead(422).end('{}')
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
    expect(received.length).toBe(1)
    expect(outcomes).toMatchObject([{ kind: 'aborted' }])
  })

  test('a key that was revoked meanwhile: nothing is sent again', async () => {
    let isStanding = true
    const revoking: Upstream = (body, response, incoming) => {
      isStanding = false
      refusing(422)(body, response, incoming)
    }
    const { call, received, forwarded } = await startRelay(revoking, {
      isStanding: () => isStanding,
    })
    await call().seen
    expect(await forwarded[0]).toMatchObject({ reason: 'token-revoked' })
    expect(received).toEqual([asking])
  })

  test('a gatekeeper that stops', async () => {
    const second = Promise.withResolvers<void>()
    const upstream = refusing(422, () => second.resolve())
    const { call, outcomes, forwarded, forwarder } = await startRelay(upstream)
    const client = call()
    await second.promise
    forwarder.cut()
    expect((await client.seen).status).toBe(503)
    expect(await forwarded[0]).toMatchObject({ reason: 'draining' })
    expect(outcomes).toMatchObject([{ kind: 'failed', cause: 'STOPPING' }])
  })
})
