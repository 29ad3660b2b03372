import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { churn } from './churn.ts'

export type CountingApp = {
  readonly port: number
  readonly url: string
  /** Requests since the last reset. */
  readonly requests: () => number
  /** Checks of the front that arrived here instead of at the check server. */
  readonly checks: () => number
  /** Requests with a caller's credential anywhere in their head. */
  readonly credentials: () => number
  readonly closed: () => number
  /** Sets the counts to 0, and the share of its connections that it closes after an answer. */
  readonly reset: (share: number) => void
  readonly close: () => Promise<void>
}

/**
 * An application that answers 200 to everything, as many do. It answers with the request's path and
 * the caller from its fields.
 */
export async function startCountingApp(credentials: readonly string[]): Promise<CountingApp> {
  const none = { requests: 0, checks: 0, credentials: 0, closed: 0 }
  let counts = { ...none }
  let share = 0
  const server = createServer((request, response) => {
    counts.requests += 1
    if (isCheck(request)) counts.checks += 1
    const head = [request.url, ...request.rawHeaders].join('\n')
    if (credentials.some((credential) => head.includes(credential))) counts.credentials += 1
    if (churn(response, share)) counts.closed += 1
    answer(request, response)
  })
  // Only the churn closes connections here.
  server.keepAliveTimeout = 130_000
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    requests: () => counts.requests,
    checks: () => counts.checks,
    credentials: () => counts.credentials,
    closed: () => counts.closed,
    reset: (next) => {
      counts = { ...none }
      share = next
    },
    close: async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

/** Requests of the front only, by `forward_auth` (`/verify`) or by our check. */
function isCheck(request: IncomingMessage): boolean {
  return /^\/(check|verify)\b/.test(request.url ?? '') || 'x-gatekeeper-edge' in request.headers
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  const text = `${request.url} ${request.headers['x-gatekeeper-user'] ?? 'nobody'}`
  // A rule without proof would accept a user in the answer to a misrouted check.
  response.writeHead(200, { 'content-length': text.length, 'x-gatekeeper-user': 'nobody' })
  response.end(text)
}
