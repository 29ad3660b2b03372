/**
 * The three listeners: check, relay, ops. Each is a Koa application on its own server, over a unix
 * socket or TCP. Only this file sets time limits and sizes of connections.
 */
import { chmodSync, lstatSync, mkdirSync, statSync, unlinkSync } from 'node:fs'
import { createServer, type RequestListener, type Server, STATUS_CODES } from 'node:http'
import { connect, type Server as NetServer, type Socket } from 'node:net'
import { dirname } from 'node:path'
import type { Duplex } from 'node:stream'
import type { Listen } from '../config/listen.ts'
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

/**
 * Starts listening. Rejects as `node:net` does. A unix socket is open to this user and its group,
 * or with `mode` 0o600 to the user alone, from the moment it exists.
 */
export async function listenOn(server: NetServer, listen: Listen, mode = 0o660): Promise<void> {
  if (listen.kind === 'unix') await prepareSocket(listen.path)
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.once('listening', resolve)
  if (listen.kind === 'unix') bindSocket(server, listen.path, mode)
  else server.listen(listen.port, listen.host)
  await promise
  server.off('error', reject)
  if (listen.kind === 'unix') chmodSync(listen.path, mode)
}

/** The socket is created inside the call, so nobody can open it before its mode is set. */
function bindSocket(server: NetServer, path: string, mode: number): void {
  const mask = process.umask(0o777 & ~mode)
  try {
    server.listen(path)
  } finally {
    process.umask(mask)
  }
}

async function prepareSocket(path: string): Promise<void> {
  const folder = dirname(path)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  // Everybody who may write to the folder could replace our socket with another one.
  if ((statSync(folder).mode & 0o002) !== 0) {
    throw new Error(`${folder} is writable for all users; make it private: chmod o-w ${folder}`)
  }
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() !== true) return
  if (await isAnswering(path))
    throw Object.assign(new Error(`${path} is in use`), { code: 'EADDRINUSE' })
  unlinkSync(path)
}

function isAnswering(path: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const socket = connect(path)
  socket.once('connect', () => resolve(true))
  socket.on('error', () => resolve(false))
  return promise.finally(() => socket.destroy())
}

/** Stops accepting, waits `graceMs` for open answers, then cuts the rest. */
export async function closeListener(server: Server, graceMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  server.close(() => resolve())
  // A connection whose answer ends now would otherwise stay open for its next request.
  const idle = setInterval(() => server.closeIdleConnections(), 50)
  const cut = setTimeout(() => server.closeAllConnections(), graceMs)
  await promise
  clearInterval(idle)
  clearTimeout(cut)
}
