/**
 * The application behind every row. Answers a GET, a chat in Ollama's form, a chat as a stream of
 * 20 lines or events a second with the time of each, an upload with its length, and speech with 200
 * MB. Prints its port.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'

const hello = '{"message":"hello"}'
const pauseMs = 50

/** The answer of an OpenAI-compatible server to a short chat. */
const completion = JSON.stringify({
  ...{ id: 'chatcmpl-1', object: 'chat.completion', created: 1_700_000_000, model: 'tiny' },
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: 'Hello. This is a model of few words.' },
      finish_reason: 'stop',
    },
  ],
  usage: { prompt_tokens: 12, completion_tokens: 9, total_tokens: 21 },
})

const server = createServer((request, response) => {
  if (request.method !== 'POST') return sendWhole(response, hello)
  if (request.url?.endsWith('/audio/transcriptions')) return answerUpload(request, response)
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const body = Buffer.concat(chunks)
    if (request.url?.endsWith('/chat/completions')) answerCompletion(body, response)
    else if (request.url?.endsWith('/audio/speech')) sendSpeech(response)
    else answerChat(body, { request, response })
  })
})
// No connection may close while a row is measured.
server.keepAliveTimeout = 600_000
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`listening ${(server.address() as AddressInfo).port}\n`)
})
process.on('SIGTERM', () => process.exit(0))

type Exchange = { readonly request: IncomingMessage; readonly response: ServerResponse }
type Chat = { stream?: boolean; model?: string; options?: { num_predict?: number } }

function answerChat(body: Buffer, { response }: Exchange): void {
  const chat = JSON.parse(body.toString('utf8')) as Chat
  if (chat.stream === true) return stream(response, chat)
  const message = { role: 'assistant', content: 'Hello. This is a model of few words.' }
  const counts = { prompt_eval_count: 12, eval_count: 9, total_duration: 1_000_000 }
  const whole = { model: chat.model, message, done: true, done_reason: 'stop', ...counts }
  sendWhole(response, JSON.stringify(whole))
}

function answerCompletion(body: Buffer, response: ServerResponse): void {
  const chat = JSON.parse(body.toString('utf8')) as { stream?: boolean; max_tokens?: number }
  if (chat.stream !== true) return sendWhole(response, completion)
  const count = chat.max_tokens ?? 1
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  beat(response, count, (n) => {
    const at = performance.timeOrigin + performance.now()
    const event = `{"n":${n},"at":${at},${eventRest}`
    return n + 1 < count ? `data: ${event}\n\n` : `data: ${event}\n\ndata: [DONE]\n\n`
  })
}

const eventRest = JSON.stringify({
  ...{ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1_700_000_000, model: 'tiny' },
  choices: [{ index: 0, delta: { content: 'word ' }, finish_reason: null }],
}).slice(1)

/** Answers with the number of bytes, so that lost bytes are noticed. */
function answerUpload(request: IncomingMessage, response: ServerResponse): void {
  let length = 0
  request.on('data', (chunk: Buffer) => {
    length += chunk.length
  })
  request.on('end', () => sendWhole(response, JSON.stringify({ text: 'words', length })))
}

const speechBytes = 200_000_000
const piece = Buffer.alloc(64_000)

function sendSpeech(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'audio/mpeg', 'content-length': speechBytes })
  const pieces = function* () {
    for (let sent = 0; sent < speechBytes; sent += piece.length) yield piece
  }
  Readable.from(pieces(), { highWaterMark: 4 }).pipe(response)
}

/** Uses the clock and not a chain of pauses, so that a late line does not delay the next ones. */
function beat(response: ServerResponse, count: number, write: (n: number) => string): void {
  const startedAt = performance.now()
  let sent = 0
  const next = () => {
    if (response.destroyed) return
    response.write(write(sent))
    sent += 1
    if (sent === count) return void response.end()
    setTimeout(next, Math.max(0, startedAt + sent * pauseMs - performance.now()))
  }
  next()
}

function stream(response: ServerResponse, { model, options }: Chat): void {
  response.writeHead(200, { 'content-type': 'application/x-ndjson' })
  beat(response, options?.num_predict ?? 1, () => {
    const at = performance.timeOrigin + performance.now()
    return `${JSON.stringify({ model, at, message: { content: 'word ' } })}\n`
  })
}

function sendWhole(response: ServerResponse, text: string): void {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': text.length })
  response.end(text)
}
