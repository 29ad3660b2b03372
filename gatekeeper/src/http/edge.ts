import type { IncomingMessage } from 'node:http'
import { isSameSecret } from '../lib/constant-time.ts'

/**
 * Whether the request comes from our Caddy: the edge field is there exactly once and is correct.
 * This is the first check, so that other senders cannot even try a credential.
 */
export function hasEdge(request: IncomingMessage, edge: string): boolean {
  const values = request.headersDistinct['x-gatekeeper-edge'] ?? []
  return values.length === 1 && isSameSecret(values[0] as string, edge)
}
