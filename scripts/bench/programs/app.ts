/**
 * The application behind every row: answers a GET, a chat in Ollama's form, and a chat as a stream
 * of 20 lines a second that say when they were written. Prints the port that it listens on.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

const hello = '{"message":"hello"}'
const pauseMs = 50

/** What an OpenAI-compatible server says to a short chat. */
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
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const body = Buffer.concat(chunks)
    if (request.url?.endsWith('/chat/completions')) sendWhole(response, completion)
    else answerChat(body, { request, response })
  })
})
// Nobody closes a connection while a row is measured.
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

/** By the clock and not by pauses one after another: a late line does not delay those after it. */
function stream(response: ServerResponse, { model, options }: Chat): void {
  const startedAt = performance.now()
  const count = options?.num_predict ?? 1
  let sent = 0
  response.writeHead(200, { 'content-type': 'application/x-ndjson' })
  const next = () => {
    if (response.destroyed) return
    const at = performance.timeOrigin + performance.now()
    response.write(`${JSON.stringify({ model, at, message: { content: 'word ' } })}\n`)
    sent += 1
    if (sent === count) return void response.end()
    setTimeout(next, Math.max(0, startedAt + sent * pauseMs - performance.now()))
  }
  next()
}

function sendWhole(response: ServerResponse, text: string): void {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': text.length })
  response.end(text)
}
