/**
 * The demonstration upstream: a model server without a model, so that a fresh clone has something
 * to guard. It listens on loopback only, takes every request, and is never in the image. It counts
 * and keeps what it received: the end-to-end tests ask it what got through the gate.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Answer, StreamedAnswer } from './answer.ts'
import { answerRequest } from './answer-request.ts'
import { writePart } from './write-part.ts'

/** A request as it arrived; the body grows until it is complete. */
export type ReceivedRequest = {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headersDistinct']
  readonly rawHeaders: readonly string[]
  body: Buffer
  isComplete: boolean
  /** Whether the client went away before it had the whole answer. */
  isAborted: boolean
}

export type DemoUpstream = {
  readonly url: string
  /** How many requests arrived since the start or the last reset, complete or not. */
  readonly requests: number
  /** How many of them their clients gave up. */
  readonly aborted: number
  /** The newest requests, oldest first; at most `keepMax`. */
  readonly received: readonly ReceivedRequest[]
  reset(): void
  /** Ends open answers abruptly and frees the port. */
  close(): Promise<void>
}

export type Exchange = {
  readonly received: ReceivedRequest
  readonly body: Promise<Buffer>
  readonly response: ServerResponse
}

/** Looks at a request before the demonstration does; true if it answered in its place. */
export type Intercept = (exchange: Exchange) => Promise<boolean>

export type DemoOptions = {
  /** 0 lets the system choose. */
  readonly port?: number
  /** How many requests are remembered with their bodies. */
  readonly keepMax?: number
  /** Time between two parts of a streamed answer. */
  readonly pauseMs?: number
  readonly intercept?: Intercept
}

export async function startDemoUpstream(options: DemoOptions = {}): Promise<DemoUpstream> {
  const { port = 0, keepMax = 1000, pauseMs = 20, intercept = async () => false } = options
  const received: ReceivedRequest[] = []
  let requests = 0
  let aborted = 0

  const remember = (request: IncomingMessage, response: ServerResponse): ReceivedRequest => {
    const entry = toReceived(request)
    requests++
    received.push(entry)
    if (received.length > keepMax) received.shift()
    response.once('close', () => {
      // A fault that cuts its own answer marks it by an error on the response.
      if (response.writableFinished || response.errored !== null) return
      entry.isAborted = true
      aborted++
    })
    return entry
  }

  const answer = async (exchange: Exchange): Promise<void> => {
    if (await intercept(exchange)) return
    const body = await exchange.body
    const { method, url } = exchange.received
    const path = url.split('?', 1)[0] ?? ''
    await send(answerRequest({ method, path, body }), exchange.response, pauseMs)
  }

  const server = createServer((request, response) => {
    for (const stream of [request, response]) stream.on('error', () => {})
    const entry = remember(request, response)
    const body = readBody(request, entry)
    // The client may go while its body is read; then there is nobody to answer.
    body.catch(() => response.destroy())
    answer({ received: entry, body, response }).catch(() => response.destroy())
  })
  server.on('error', () => {})
  server.keepAliveTimeout = 60_000
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get requests() {
      return requests
    },
    get aborted() {
      return aborted
    },
    received,
    reset() {
      received.length = 0
      requests = 0
      aborted = 0
    },
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

function toReceived(request: IncomingMessage): ReceivedRequest {
  return {
    method: request.method ?? '',
    url: request.url ?? '',
    headers: request.headersDistinct,
    rawHeaders: request.rawHeaders,
    body: Buffer.alloc(0),
    isComplete: false,
    isAborted: false,
  }
}

async function readBody(request: IncomingMessage, entry: ReceivedRequest): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  entry.body = Buffer.concat(chunks)
  entry.isComplete = true
  return entry.body
}

async function send(answer: Answer, response: ServerResponse, pauseMs: number): Promise<void> {
  response.setHeader('Content-Type', answer.type)
  if (answer.kind === 'streamed') return await stream(answer, response, pauseMs)
  response.statusCode = answer.status
  response.end(answer.text)
}

/** Part after part with real pauses, and not a part more once the client is gone. */
async function stream(
  answer: StreamedAnswer,
  response: ServerResponse,
  pauseMs: number,
): Promise<void> {
  let isFirst = true
  for (const part of answer.parts) {
    if (!isFirst) await sleep(pauseMs)
    isFirst = false
    if (response.destroyed) return
    await writePart(response, part)
  }
  response.end()
}
