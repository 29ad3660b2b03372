/**
 * A request of our own to the relay, over its listener and with the edge, as Caddy sends one: so it
 * takes the one path of all requests, and is admitted, charged, cut and recorded like them.
 */
import { type IncomingMessage, request } from 'node:http'
import type { Listen } from '../../../lib/net/listening.ts'

export type RelayCall = {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly host: string
  readonly clientAddress: string
  readonly requestId: string
  readonly token: string
  /** JSON; null sends no body. */
  readonly body: string | null
  /** Aborts the call, and with it the request upstream. */
  readonly signal: AbortSignal
}

/**
 * Resolves with the head of the answer, whose body is not read yet. Rejects with an error that has a
 * `code` if there is none. The body has a listener for errors.
 */
export async function callRelay(
  call: RelayCall,
  { listen, edge }: { readonly listen: Listen; readonly edge: string },
): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const calling = request({
    ...(listen.kind === 'unix'
      ? { socketPath: listen.path }
      : { host: listen.host, port: listen.port }),
    // A connection of its own, which ends with the call.
    ...{ agent: false, method: call.method, path: call.path, signal: call.signal },
    headers: fieldsOf(call, edge),
  })
  calling.on('error', reject)
  calling.on('response', (response) => {
    response.on('error', () => {})
    resolve(response)
  })
  calling.end(call.body ?? undefined)
  return await promise
}

function fieldsOf(call: RelayCall, edge: string) {
  const { method, path, host, clientAddress, requestId, token, body } = call
  return {
    host,
    'user-agent': 'gatekeeper-playground',
    accept: 'application/json, text/event-stream',
    authorization: `Bearer ${token}`,
    ...(body !== null && {
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(body)),
    }),
    'x-gatekeeper-edge': edge,
    'x-gatekeeper-method': method,
    'x-gatekeeper-uri': path,
    'x-gatekeeper-host': host,
    'x-gatekeeper-client-address': clientAddress,
    'x-gatekeeper-request-id': requestId,
    'x-gatekeeper-protocol': 'HTTP/1.1',
  }
}
