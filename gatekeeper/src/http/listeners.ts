/**
 * The three listeners: check, relay, ops. Each is a Koa application on its own server. Only this file
 * sets time limits and sizes of connections.
 */
import { createServer, type RequestListener, type Server, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { markWaiting } from './body-source.ts'
import { withOwnFields } from './own-fields.ts'

/** Above Caddy's own limit, so that Caddy answers 431 first and keeps its connection to us. */
const headBytesMax = 64 * 1024

/** `logMalformed` gets the parser's error code for input that is not valid HTTP. */
export function createListener(
  handle: RequestListener,
  logMalformed: (code: string) => void,
): Server {
  const server = createServer(
    {
      maxHeaderSize: headBytesMax,
      // Longer than Caddy keeps idle connections (120 s): the sender should close first.
      keepAliveTimeout: 130_000,
      headersTimeout: 15_000,
      requestTimeout: 1_800_000,
    },
    withErrorListeners(handle),
  )
  // If no file descriptor is left for a connection, only that connection is lost.
  server.on('error', () => {})
  // By default Node silently drops fields after the 2000th, and could drop a second credential.
  server.maxHeadersCount = 0
  server.on('checkContinue', (request, response) => {
    markWaiting(request)
    withErrorListeners(handle)(request, response)
  })
  const isIdle = watchIdle(server)
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const code = error.code ?? error.name
    if (code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
    // Caddy opens connections in advance; no request was sent on these.
    const isLate = code === 'ERR_HTTP_REQUEST_TIMEOUT'
    if (isLate && isIdle(socket)) return void socket.destroy()
    logMalformed(code)
    socket.end(malformedAnswer(isLate ? 408 : code === 'HPE_HEADER_OVERFLOW' ? 431 : 400))
  })
  // Without this listener Node answers 417, but an unknown expectation is not a reason to refuse.
  server.on('checkExpectation', withErrorListeners(handle))
  return server
}

/** A stream error without a listener ends the process, so both streams get one at once. */
function withErrorListeners(handle: RequestListener): RequestListener {
  return (request, response) => {
    request.on('error', () => {})
    response.on('error', () => {})
    handle(request, response)
  }
}

/** Returns whether a connection has received no byte since its last request ended. */
function watchIdle(server: Server): (socket: Duplex) => boolean {
  const readAtEnd = new WeakMap<Duplex, number>()
  server.on('request', (request) => {
    const { socket } = request
    request.once('close', () => readAtEnd.set(socket, socket.bytesRead))
  })
  return (socket) => (socket as Socket).bytesRead === (readAtEnd.get(socket) ?? 0)
}

const malformedTexts = {
  400: 'The request is not valid HTTP.',
  408: 'The request was not complete in time.',
  431: 'The request head is too long.',
} as const

const malformedFields = {
  'content-type': 'application/json; charset=utf-8',
  'cache-control': 'no-store',
}

/** Returns the raw answer to input that Node could not parse; it repeats nothing of the input. */
function malformedAnswer(status: keyof typeof malformedTexts): string {
  const message = malformedTexts[status]
  const error = { message, type: 'invalid_request_error', param: null, code: 'malformed_request' }
  const body = JSON.stringify({ type: 'error', error })
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    ...Object.entries(withOwnFields(malformedFields)).map(([name, value]) => `${name}: ${value}`),
    `Content-Length: ${body.length}`,
    'Connection: close',
    '',
    body,
  ].join('\r\n')
}
