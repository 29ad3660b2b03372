import type { IncomingMessage } from 'node:http'

/** What comes along with its head in all likelihood. */
const shortBytesMax = 64 * 1024

/** Longer than a body takes that is on its way already; a client that trickles waits no longer. */
const readMsMax = 50

/**
 * Runs `then` once a short body has been thrown away, or at once where there is none to wait for. An
 * answer that overtakes the body ends the client's connection, and the next one costs more than the
 * refusal did: a handshake for each would let whoever is limited keep everybody busy.
 */
export function afterShortBody(request: IncomingMessage, then: () => void): void {
  if (request.complete || !isShort(request)) return then()
  const run = () => {
    clearTimeout(timer)
    request.off('end', run)
    request.off('close', run)
    then()
  }
  const timer = setTimeout(run, readMsMax)
  request.once('end', run)
  request.once('close', run)
  request.resume()
}

/** Whoever waits for `100 Continue` sends nothing before it, and chunks have no length. */
function isShort({ headers }: IncomingMessage): boolean {
  const length = Number(headers['content-length'] ?? Number.NaN)
  return length <= shortBytesMax && headers.expect === undefined
}
