/**
 * The tests' upstream: the demonstration with switches for everything that a real model server does
 * wrong. They are turned in code only; no request can turn them.
 */
import { randomBytes } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type DemoOptions,
  type DemoUpstream,
  type Exchange,
  type Intercept,
  type ReceivedRequest,
  startDemoUpstream,
} from './demo-upstream.ts'
import { writePart } from './write-part.ts'

/** What goes wrong with every answer until `behave` is called again. */
type Faults = {
  /** Cuts the connection after so many parts of a streamed answer. */
  readonly dieAfterParts?: number
  /** Sends so many parts of a streamed answer and then nothing, with the connection open. */
  readonly haltAfterParts?: number
  readonly neverAnswer?: boolean
  readonly answerAfterMs?: number
  /** A 307 to this address. */
  readonly redirectTo?: string
  /** Answers with this status; the body is `body`, or empty. */
  readonly status?: number
  readonly body?: string
  /** Set on whatever is answered. */
  readonly extraFields?: Readonly<Record<string, string | readonly string[]>>
  readonly trailers?: Readonly<Record<string, string>>
  /** Answers with so many random bytes, as fast as they are taken. */
  readonly bytes?: number
  /** Answers with the received request as JSON: method, url, headers, body (base64). */
  readonly echo?: boolean
  /** Whatever else is needed: writes the answer itself, once the request is complete. */
  readonly answer?: (response: ServerResponse, received: ReceivedRequest) => unknown
}

export type FaultyUpstream = DemoUpstream & {
  /** Replaces all faults; `behave({})` and `reset()` make it well again. */
  behave(faults: Faults): void
}

export async function startFaultyUpstream(options: DemoOptions = {}): Promise<FaultyUpstream> {
  let faults: Faults = {}
  const intercept: Intercept = (exchange) => spoil(faults, exchange)
  const upstream = await startDemoUpstream({ ...options, intercept })
  const reset = upstream.reset
  // Not a spread: the counters are getters.
  return Object.assign(upstream, {
    behave(next: Faults) {
      faults = next
    },
    reset() {
      faults = {}
      reset()
    },
  })
}

/** True where the fault is the whole answer; false where the demonstration's answer goes on. */
async function spoil(faults: Faults, exchange: Exchange): Promise<boolean> {
  if (faults.neverAnswer) return true
  const { response } = exchange
  for (const [name, value] of Object.entries(faults.extraFields ?? {})) {
    response.setHeader(name, value)
  }
  if (faults.trailers) addTrailers(response, faults.trailers)
  if (faults.dieAfterParts !== undefined) {
    // Destroyed with an error, so that it does not count as a client's abort.
    afterParts(response, faults.dieAfterParts, () => response.destroy(new Error('fault: dies')))
  }
  if (faults.haltAfterParts !== undefined) afterParts(response, faults.haltAfterParts, () => {})
  if (faults.answerAfterMs !== undefined) await sleep(faults.answerAfterMs)
  const answer = chooseAnswer(faults, exchange.received)
  if (answer === null) return false
  await exchange.body
  await answer(response)
  return true
}

function chooseAnswer(
  faults: Faults,
  received: ReceivedRequest,
): ((response: ServerResponse) => unknown) | null {
  const { redirectTo, status, body, bytes, answer } = faults
  if (answer !== undefined) return (response) => answer(response, received)
  if (redirectTo !== undefined) {
    return (response) => response.writeHead(307, { Location: redirectTo }).end()
  }
  if (status !== undefined) return (response) => end(response, status, body ?? '')
  if (bytes !== undefined) return (response) => sendBytes(response, bytes)
  if (!faults.echo) return null
  return (response) => {
    const { method, url, headers, rawHeaders } = received
    const echo = { method, url, headers, rawHeaders, body: received.body.toString('base64') }
    response.setHeader('Content-Type', 'application/json')
    response.end(JSON.stringify(echo))
  }
}

function end(response: ServerResponse, status: number, body: string): void {
  response.statusCode = status
  response.end(body)
}

async function sendBytes(response: ServerResponse, size: number): Promise<void> {
  response.setHeader('Content-Type', 'application/octet-stream')
  const block = randomBytes(64 * 1024)
  for (let left = size; left > 0 && !response.destroyed; left -= block.length) {
    await writePart(response, left >= block.length ? block : block.subarray(0, left))
  }
  response.end()
}

/** Lets `partsMax` writes through, then does `then` once and swallows the rest. */
function afterParts(response: ServerResponse, partsMax: number, then: () => void): void {
  const write = response.write.bind(response) as (chunk: unknown) => boolean
  const end = response.end.bind(response) as (chunk?: unknown) => ServerResponse
  let parts = 0
  const take = (chunk: unknown): boolean => {
    if (parts++ < partsMax) return write(chunk)
    // Give the last part time to leave: a destroyed socket loses what it still holds.
    if (parts === partsMax + 1) setTimeout(then, 20)
    return true
  }
  response.write = take as ServerResponse['write']
  response.end = ((chunk?: unknown) => {
    if (parts >= partsMax) take(chunk)
    else end(chunk)
    return response
  }) as ServerResponse['end']
}

function addTrailers(response: ServerResponse, trailers: Readonly<Record<string, string>>): void {
  const end = response.end.bind(response) as (chunk?: unknown) => ServerResponse
  response.setHeader('Trailer', Object.keys(trailers).join(', '))
  response.end = ((chunk?: unknown) => {
    response.addTrailers(trailers)
    return end(chunk)
  }) as ServerResponse['end']
}
