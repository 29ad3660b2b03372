/**
 * Bodies that a refused client is still sending. Over HTTP/1 an answer before the end of the body
 * ends the connection; over HTTP/2 several clients lose such an answer. This file bounds what a
 * slow client can hold.
 */
import type { IncomingMessage } from 'node:http'

/** Bytes that most probably arrive together with the head. */
const shortBytesMax = 64 * 1024

/** Milliseconds that a body takes that is already under way; slow clients get no more. */
const readMsMax = 50

/** How long a body over HTTP/2 may take, and how much longer for each MiB that arrived. */
const drainMs = 5_000
const drainMsPerMiB = 1_000
/** After this many bytes the answer is sent at any speed, so that nobody can send for ever. */
const drainBytesMax = 128 * 1024 * 1024
/** The answer is sent if no byte arrives for this long. */
const quietMs = 1_000
const tickMs = 100

/** Whether the client speaks HTTP/2 or later, as Caddy states. Valid only behind the edge check. */
function isMultiplexed({ headersDistinct }: IncomingMessage): boolean {
  const values = headersDistinct['x-gatekeeper-protocol'] ?? []
  return values.length === 1 && !/^HTTP\/[01]/.test(values[0] as string)
}

/**
 * Runs `then` once, after as much of the body was discarded as the client's protocol needs. Over
 * HTTP/1 that is a short body: a new handshake for each refusal would let a limited client slow
 * down everybody. Over HTTP/2 it is any body that arrives fast enough. Runs at once if there is
 * nothing to wait for.
 */
export function afterUnreadBody(request: IncomingMessage, then: () => void): void {
  // A client that waits for `100 Continue` sends nothing before it.
  if (request.complete || request.headers.expect !== undefined) return then()
  if (isMultiplexed(request)) return watchPace(request, discard(request, then))
  // A chunked body has no length.
  const length = Number(request.headers['content-length'] ?? Number.NaN)
  if (!(length <= shortBytesMax)) return then()
  const run = discard(request, then)
  const timer = setTimeout(run, readMsMax)
  request.once('close', () => clearTimeout(timer))
  request.once('end', () => clearTimeout(timer))
}

/** Discards the body. Returns what runs `then` early; it runs once, at the latest at the end. */
function discard(request: IncomingMessage, then: () => void): () => void {
  const run = () => {
    request.off('end', run)
    request.off('close', run)
    if (!isRun) then()
    isRun = true
  }
  let isRun = false
  request.once('end', run)
  request.once('close', run)
  request.resume()
  return run
}

/** Calls `stop` if the body pauses too long, is too slow, or is too large. */
function watchPace(request: IncomingMessage, stop: () => void): void {
  const startedAt = performance.now()
  let bytes = 0
  let lastAt = startedAt
  const count = (chunk: Buffer) => {
    bytes += chunk.length
    lastAt = performance.now()
  }
  const timer = setInterval(() => {
    const now = performance.now()
    const limitMs = drainMs + (bytes / (1024 * 1024)) * drainMsPerMiB
    const isInTime = now - lastAt < quietMs && now - startedAt < limitMs
    if (isInTime && bytes < drainBytesMax) return
    end()
    stop()
  }, tickMs)
  const end = () => {
    clearInterval(timer)
    request.off('data', count)
  }
  request.on('data', count)
  request.once('end', end)
  request.once('close', end)
}

const lingerMs = 5_000

/**
 * After the answer Node keeps reading and discards what a refused client still sends, so that the
 * client can read the answer. A client without a key must not be able to send for ever.
 */
export function cutLongBody(request: IncomingMessage): void {
  if (request.complete) return
  const timer = setTimeout(() => {
    if (!request.complete) request.socket.destroy()
  }, lingerMs)
  timer.unref()
  request.once('close', () => clearTimeout(timer))
}
