import { request } from 'node:http'
import { describe, expect, onTestFinished, test } from 'vitest'
import { forwardAndSettle } from '../../test/support/forward.ts'
import { type Handler, listen } from '../../test/support/listen.ts'
import {
  anEndpoint,
  aPrincipal,
  aReservation,
  aService,
  someFacts,
} from '../../test/support/questions.ts'
import { Admission, type Outcome } from '../model/admission.ts'
import type { AnswerReader } from '../model/answer-reader.ts'
import type { Obligation } from '../model/decision.ts'
import { noUsage, type Usage } from '../model/usage.ts'
import type { Forwarded } from './exchange.ts'
import { createForwarder } from './forward.ts'

const used: Usage = {
  ...{ model: 'm', inputTokens: 1, outputTokens: 2, microUsd: 0, isEstimated: false },
}

/** Reports the end of an answer after `END` has passed. */
function endingReader(): AnswerReader {
  let isEnding = false
  return {
    begin: () => {},
    read: (chunk) => {
      isEnding ||= chunk.includes('END')
    },
    isEnding: () => isEnding,
    used: () => used,
  }
}

type Options = {
  readonly obligations?: readonly Obligation[]
  readonly settle?: (outcome: Outcome, usage?: Usage | null) => Promise<void>
  readonly settleMsMax?: number
  readonly method?: string
}

/** A relay and its upstream; `open` sends a request through it and reports the answer as it arrives. */
async function startRelay(answer: Handler, options: Options = {}) {
  const { method = 'POST', obligations = [], settle = async () => {}, settleMsMax } = options
  const service = aService({
    upstream: { origin: `http://127.0.0.1:${await listen(answer)}`, key: null },
  })
  const forwarder = createForwarder([service])
  onTestFinished(() => void forwarder.close())
  const { promise: forwarded, resolve } = Promise.withResolvers<Forwarded>()
  const port = await listen((incoming, response) => {
    const admission = new Admission({
      facts: someFacts({ service, method, endpoint: anEndpoint({ body: 'bytes' }) }),
      ...{ principal: aPrincipal(), obligations, reservation: aReservation({ settle }) },
    })
    const exchange = {
      ...{ request: incoming, response, bytes: null, form: null, set: {}, answer: {} },
      reader: endingReader(),
    }
    void forwardAndSettle(forwarder, admission, exchange, settleMsMax).then((result) => {
      if (!response.headersSent) response.writeHead(503).end()
      resolve(result)
    })
  })
  const open = () => {
    const seen = { status: 0, text: '', isWhole: false, isClosed: false, fields: {} as object }
    const closed = Promise.withResolvers<typeof seen>()
    const heard = Promise.withResolvers<void>()
    const end = (isWhole: boolean) => {
      Object.assign(seen, { isWhole, isClosed: true })
      heard.resolve()
      closed.resolve(seen)
    }
    const call = request({ port, method, path: '/', agent: false }, (incoming) => {
      Object.assign(seen, { status: incoming.statusCode, fields: incoming.headers })
      incoming.on('data', (chunk) => {
        seen.text += chunk
        heard.resolve()
      })
      incoming.on('error', () => {})
      incoming.on('close', () => end(incoming.complete))
    })
    call.on('error', () => end(false))
    call.end()
    return { seen, heard: heard.promise, closed: closed.promise, leave: () => call.destroy() }
  }
  return { open, forwarded }
}

/** A record that is written when the test says so. */
function createRecord() {
  const { promise, resolve } = Promise.withResolvers<void>()
  const began = Promise.withResolvers<readonly [Outcome, Usage | null | undefined]>()
  let settled = 0
  return {
    settle: (outcome: Outcome, usage?: Usage | null) => {
      settled++
      began.resolve([outcome, usage])
      return promise
    },
    began: began.promise,
    make: resolve,
    count: () => settled,
  }
}

describe('no client has a complete answer before it is recorded', () => {
  test.each<[string, string, Handler]>([
    [
      'with a length',
      '',
      (_, response) => void response.writeHead(200, { 'content-length': '5' }).end('hello'),
    ],
    ['without content', '', (_, response) => void response.writeHead(204).end()],
    [
      'in chunks: its end',
      'hello',
      (_, response) => void response.write('hello', () => response.end()),
    ],
    [
      'as a stream: its last event',
      'part ',
      (_, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        response.write('part ', () => setTimeout(() => response.end('END'), 20))
      },
    ],
  ])('%s', async (_, before, answer) => {
    const record = createRecord()
    const relay = await startRelay(answer, record)
    const { seen, closed } = relay.open()
    const [outcome, usage] = await record.began
    expect(outcome).toMatchObject({ kind: 'answered' })
    expect(usage).toEqual(used)
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(seen).toMatchObject({ text: before, isClosed: false })
    record.make()
    expect((await closed).isWhole).toBe(true)
    expect(await relay.forwarded).toMatchObject({ reason: null, usage: used })
    expect(record.count()).toBe(1)
  })

  test('the head is the whole answer to a HEAD', async () => {
    const record = createRecord()
    const answer: Handler = (_, response) =>
      void response.writeHead(200, { 'content-length': '5' }).end()
    const { seen, closed } = (await startRelay(answer, { ...record, method: 'HEAD' })).open()
    await record.began
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(seen.status).toBe(0)
    record.make()
    expect((await closed).isWhole).toBe(true)
  })

  test('a record that is not made in time cuts the answer', async () => {
    const answer: Handler = (_, response) => {
      response.write('part')
      response.end('END')
    }
    const relay = await startRelay(answer, { settle: () => new Promise(() => {}), settleMsMax: 50 })
    expect(await relay.open().closed).toMatchObject({ status: 200, isWhole: false })
    expect(await relay.forwarded).toMatchObject({
      outcome: { kind: 'failed', cause: 'UNRECORDED' },
    })
  })

  test('or refuses, when nothing was sent yet', async () => {
    const answer: Handler = (_, response) =>
      void response.writeHead(200, { 'content-length': '5' }).end('hello')
    const relay = await startRelay(answer, { settle: () => new Promise(() => {}), settleMsMax: 50 })
    expect(await relay.open().closed).toMatchObject({ status: 503, text: '' })
    expect((await relay.forwarded).reason).toBe('ledger-unavailable')
  })

  test('but a stream that does not close after its last event is not held back', async () => {
    const answer: Handler = (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write('part END')
    }
    const { seen, heard, leave } = (await startRelay(answer)).open()
    await heard
    expect(seen.text).toBe('part END')
    leave()
  })

  test('bytes without end after the last event are forwarded, too', async () => {
    const size = 200_000
    const answer: Handler = (_, response) => {
      response.write('END')
      for (let sent = 0; sent < size; sent += 1_000) response.write('x'.repeat(1_000))
      response.end()
    }
    const seen = await (await startRelay(answer)).open().closed
    expect(seen).toMatchObject({ isWhole: true, text: `END${'x'.repeat(size)}` })
  })
})

describe('an answer is settled once', () => {
  test('when the client leaves in the middle', async () => {
    const record = createRecord()
    record.make()
    const relay = await startRelay((_, response) => void response.write('part'), record)
    const { heard, leave } = relay.open()
    await heard
    leave()
    expect((await relay.forwarded).outcome).toMatchObject({ kind: 'aborted', answerBytes: 4 })
    expect(record.count()).toBe(1)
  })

  test('when the client leaves while its record is made', async () => {
    const record = createRecord()
    const relay = await startRelay((_, response) => void response.end('END'), record)
    const { leave } = relay.open()
    await record.began
    leave()
    await new Promise((resolve) => setTimeout(resolve, 50))
    record.make()
    expect((await relay.forwarded).outcome.kind).toBe('answered')
    expect(record.count()).toBe(1)
  })

  test('when the upstream breaks off', async () => {
    const record = createRecord()
    record.make()
    const answer: Handler = (_, response) => void response.write('part', () => response.destroy())
    const relay = await startRelay(answer, record)
    expect(await relay.open().closed).toMatchObject({ text: 'part', isWhole: false })
    expect((await relay.forwarded).outcome.kind).toBe('failed')
    expect(record.count()).toBe(1)
  })

  test('and not charged when nothing was forwarded', async () => {
    const record = createRecord()
    record.make()
    const service = aService({ upstream: { origin: 'http://127.0.0.1:1', key: null } })
    const forwarder = createForwarder([service])
    onTestFinished(() => void forwarder.close())
    const admission = new Admission({
      facts: someFacts({ service }),
      ...{ principal: aPrincipal(), obligations: [], reservation: aReservation(record) },
    })
    const response = { destroyed: true }
    const exchange = { set: {}, answer: {}, bytes: null, response } as unknown as Parameters<
      typeof forwarder.forward
    >[1]
    const forwarded = await forwardAndSettle(forwarder, admission, exchange)
    expect(forwarded).toMatchObject({ reason: null, outcome: { status: 499, kind: 'aborted' } })
    expect(await record.began).toEqual([forwarded.outcome, noUsage])
  })
})

describe('obligations of the admission', () => {
  const event = 'data: {"choices":[],"usage":{"prompt_tokens":1}}\n\n'
  const stream: Handler = (_, response) => {
    const text = `data: {"choices":[{}]}\n\n${event}data: [DONE]\n\n`
    const length = { 'content-length': String(text.length), etag: '"x"' }
    response.writeHead(200, { 'content-type': 'text/event-stream', ...length }).end(text)
  }

  test('usage that the client did not ask for is hidden, with the fields that describe the bytes', async () => {
    const relay = await startRelay(stream, { obligations: [{ kind: 'ask-usage' }] })
    const seen = await relay.open().closed
    expect(seen).toMatchObject({
      isWhole: true,
      text: 'data: {"choices":[{}]}\n\ndata: [DONE]\n\n',
    })
    expect(Object.keys(seen.fields)).not.toContain('content-length')
    expect(Object.keys(seen.fields)).not.toContain('etag')
    expect((await relay.forwarded).outcome.answerBytes).toBe(seen.text.length)
  })

  test('and shown to a client that did', async () => {
    const seen = await (await startRelay(stream)).open().closed
    expect(seen.text).toContain(event)
    expect(Object.keys(seen.fields)).toContain('etag')
  })

  test('an answer that takes too long is cut, and the upstream stopped', async () => {
    const stopped = Promise.withResolvers<void>()
    const answer: Handler = (_, response) => {
      const timer = setInterval(() => response.write('part'), 10)
      response.once('close', () => {
        clearInterval(timer)
        stopped.resolve()
      })
    }
    const relay = await startRelay(answer, { obligations: [{ kind: 'end-stream', seconds: 0.3 }] })
    expect(await relay.open().closed).toMatchObject({ status: 200, isWhole: false })
    expect(await relay.forwarded).toMatchObject({
      ...{ reason: null, usage: used },
      outcome: { kind: 'failed', cause: 'STREAM_SECONDS' },
    })
    await stopped.promise
  })

  test('and one that has not begun by then is refused', async () => {
    const relay = await startRelay(() => {}, {
      obligations: [{ kind: 'end-stream', seconds: 0.2 }],
    })
    expect(await relay.open().closed).toMatchObject({ status: 503 })
    expect((await relay.forwarded).reason).toBe('upstream-timeout')
  })
})
