/** A gateway that speaks the wire of the widget and answers as a test says. */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Served } from '../../build.ts'

/** What the next chat gets; `body` is what the page sent. */
export type Plan = (body: ChatBody, token: string) => Outcome
export type ChatBody = {
  readonly messages: readonly { readonly role: string; readonly content: string }[]
  readonly system?: string
  readonly model?: string
}
export type Outcome = {
  readonly pieces?: readonly string[]
  /** Between the pieces. */
  readonly delayMs?: number
  /** Ends the stream after the pieces without `done`. */
  readonly isCut?: boolean
  /** Does not end after the pieces. */
  readonly waits?: boolean
  /** Ends the stream after the pieces with this error. */
  readonly error?: { readonly error: string; readonly message: string }
  /** Instead of a stream. */
  readonly refusal?: Refusal
}
export type Refusal = {
  readonly status: number
  readonly error: string
  readonly message: string
  readonly retryAfter?: number
}

export type FakeGateway = {
  readonly url: string
  readonly chats: ChatBody[]
  readonly counts: { tokens: number; exchanges: number; chats: number; aborted: number }
  plan: Plan
  lifetime: string
  /** While set, tokens are refused with it. */
  tokenRefusal: Refusal | null
  /** Asked of pages before they get a token: a proof of work of so many bits. */
  challengeBits: number | null
  /** Makes all tokens so far invalid. */
  readonly revoke: () => void
  readonly close: () => void
}

export const usage = { total_tokens: 15 }

/** Starts it for pages of these origins; `served` are the built files. */
export async function startFakeGateway(
  served: Served,
  isListed: (origin: string) => boolean,
): Promise<FakeGateway> {
  let valid = new Set<string>()
  const server = createServer((request, response) => {
    response.on('error', () => {})
    void answer(request, response)
  })
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const path = request.url ?? ''
    const file = /^\/widget\/(?:[\w.-]+\/)?((?:client|widget)\.js)$/.exec(path)?.[1]
    if (file !== undefined) return sendFile(response, join(served.folder, file))
    const origin = request.headers.origin ?? ''
    if (isListed(origin)) response.setHeader('access-control-allow-origin', origin)
    response.setHeaders(new Headers(always))
    if (request.method === 'OPTIONS') return sendPreflight(response)
    if (!isListed(origin)) return refuse(response, forbidden)
    await answerPage(request, response)
  }
  const answerPage = async (request: IncomingMessage, response: ServerResponse) => {
    const path = request.url ?? ''
    const body = JSON.parse(await readBody(request))
    if (path === '/widget/api/challenge') return sendJson(response, 200, challengeOf(gateway))
    if (path === '/widget/api/chat') return await chat(request, response, body)
    if (!isSolved(body, gateway)) return refuse(response, forbidden)
    makeToken(response, path === '/widget/api/auth/exchange' ? String(body.token) : null)
  }
  const makeToken = (response: ServerResponse, user: string | null) => {
    gateway.counts[user === null ? 'tokens' : 'exchanges']++
    if (gateway.tokenRefusal) return refuse(response, gateway.tokenRefusal)
    const token = `token-${gateway.counts.tokens}-${user ?? 'anonymous'}`
    valid.add(token)
    const words = { token, expiresIn: gateway.lifetime, tokenType: 'Bearer' }
    sendJson(response, user === null ? 201 : 200, words)
  }
  const chat = async (request: IncomingMessage, response: ServerResponse, body: ChatBody) => {
    gateway.counts.chats++
    gateway.chats.push(body)
    const token = request.headers.authorization?.replace('Bearer ', '') ?? ''
    if (!valid.has(token)) return refuse(response, unauthorized)
    const outcome = gateway.plan(body, token)
    if (outcome.refusal) return refuse(response, outcome.refusal)
    response.on('close', () => {
      if (!response.writableFinished) gateway.counts.aborted++
    })
    await sendEvents(response, outcome)
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const gateway: FakeGateway = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    chats: [],
    counts: { tokens: 0, exchanges: 0, chats: 0, aborted: 0 },
    plan: () => ({ pieces: ['Hello', ' there'] }),
    lifetime: '15m',
    tokenRefusal: null,
    challengeBits: null,
    revoke: () => {
      valid = new Set()
    },
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
  return gateway
}

const always = {
  'access-control-expose-headers': 'Retry-After',
  'cache-control': 'no-store',
  vary: 'Origin',
}
const forbidden = { status: 403, error: 'Forbidden', message: 'This page may not use the chat.' }
const unauthorized = { status: 401, error: 'Unauthorized', message: 'The token is not valid.' }

const challengeOf = ({ challengeBits: bits }: FakeGateway) =>
  bits === null ? { kind: 'none' } : { kind: 'proof-of-work', challenge: 'a.b.c', bits }

function isSolved(shown: Record<string, unknown>, { challengeBits: bits }: FakeGateway): boolean {
  if (bits === null || shown['token'] !== undefined) return true
  const digest = createHash('sha256').update(`a.b.c:${shown['solution']}`).digest()
  return shown['challenge'] === 'a.b.c' && digest.readUInt32BE() >>> (32 - bits) === 0
}

async function sendEvents(response: ServerResponse, outcome: Outcome): Promise<void> {
  const { pieces = [], delayMs = 0, isCut, waits, error } = outcome
  const write = (event: string, data: object) =>
    response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  write('start', { model: 'llama3.2' })
  for (const content of pieces) {
    write('chunk', { content })
    if (delayMs > 0) await sleep(delayMs)
    if (response.closed) return
  }
  if (waits === true) return
  if (isCut === true) return void response.destroy()
  if (error !== undefined) write('error', error)
  else write('done', { usage, duration: 12 })
  response.end()
}

function sendFile(response: ServerResponse, path: string): void {
  const fields = { 'content-type': 'text/javascript', 'access-control-allow-origin': '*' }
  response.writeHead(200, fields).end(readFileSync(path))
}

function sendPreflight(response: ServerResponse): void {
  response.setHeader('access-control-allow-headers', 'Authorization, Content-Type')
  response.writeHead(204, { 'access-control-allow-methods': 'POST' }).end()
}

function refuse(response: ServerResponse, { status, retryAfter, ...words }: Refusal): void {
  if (retryAfter !== undefined) response.setHeader('retry-after', retryAfter)
  sendJson(response, status, { ...words, statusCode: status })
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString() || '{}'
}
