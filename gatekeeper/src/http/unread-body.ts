/**
 * Bodies that a refused client is still sending. An answer that overtakes a body ends the client's
 * HTTP/1 connection, and over HTTP/2 several clients lose such an answer. What a client that sends
 * slowly can hold is bounded here.
 */
import type { IncomingMessage } from 'node:http'

/** What comes along with its head in all likelihood. */
const shortBytesMax = 64 * 1024

/** Longer than a body takes that is on its way already; a client that trickles waits no longer. */
const readMsMax = 50

/** How long a body over HTTP/2 may take, and how much longer for each MiB that has come. */
const drainMs = 5_000
const drainMsPerMiB = 1_000
/** Beyond this the answer goes out however fast the body comes: nobody may send for ever. */
const drainBytesMax = 128 * 1024 * 1024
/** Without a byte for this long the answer goes out. */
const quietMs = 1_000
const tickMs = 100

/** Whether the client speaks HTTP/2 or later, as Caddy states. Only behind the edge is it true. */
function isMultiplexed({ headersDistinct }: IncomingMessage): boolean {
  const values = headersDistinct['x-gatekeeper-protocol'] ?? []
  return values.length === 1 && !/^HTTP\/[01]/.test(values[0] as string)
}

/**
 * Runs `then` once, when as much of the body has been thrown away as the client's protocol needs: a
 * short body in HTTP/1, where a handshake for each refusal would let a limited client keep everybody
 * busy; in HTTP/2 any body that comes at a good pace. At once where there is nothing to wait for.
 */
export function afterUnreadBody(request: IncomingMessage, then: () => void): void {
  // A client that waits for `100 Continue` sends nothing before it.
  if (request.complete || request.headers.expect !== undefined) return then()
  if (isMultiplexed(request)) return watchPace(request, discard(request, then))
  // Chunks have no length.
  const length = Number(request.headers['content-length'] ?? Number.NaN)
  if (!(length <= shortBytesMax)) return then()
  const run = discard(request, then)
  const timer = setTimeout(run, readMsMax)
  request.once('close', () => clearTimeout(timer))
  request.once('end', () => clearTimeout(timer))
}

/** Reads and drops the body; what it returns runs `then`, as the end of the body does, but once. */
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

/** Calls `stop` where the body is quiet for too long, or slower or longer than it may be. */
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
 * After the answer Node reads on and throws away what a refused client still sends, so that the
 * client gets to read it. Somebody without a key must not be able to send for ever.
 */
export function cutLongBody(request: IncomingMessage): void {
  if (request.complete) return
  const timer = setTimeout(() => {
    if (!request.complete) request.socket.destroy()
  }, lingerMs)
  timer.unref()
  request.once('close', () => clearTimeout(timer))
}
