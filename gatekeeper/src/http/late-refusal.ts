/**
 * Refusals of the check for clients that may have a body to send. The check sees no body, several
 * clients that speak HTTP/2 lose an answer that overtakes theirs, and in HTTP/1 Caddy would wait for
 * hours for the rest of a body that trickles. So the check's refusal travels to
 * Caddy in a field, Caddy hands request and field to the relay (`late-refusal` in its Caddyfile), and
 * the relay reads the body within limits and then sends the refusal. Nothing is decided again.
 */
import type { IncomingMessage } from 'node:http'
import type { Answer } from './answer.ts'

/** Where Caddy hands refusals to the relay. */
export const lateRefusalPath = '/refusal'

const field = 'x-gatekeeper-refusal'
const bodiless = ['GET', 'HEAD', 'OPTIONS']

/** Adds the field by which the relay can send a refusal of the check, where there may be a body. */
export function withLateRefusal(request: IncomingMessage, answer: Answer): Answer {
  const method = request.headersDistinct['x-gatekeeper-method']?.[0] ?? 'GET'
  if (bodiless.includes(method)) return answer
  const refusal = Buffer.from(JSON.stringify(answer)).toString('base64url')
  return { ...answer, fields: { ...answer.fields, [field]: refusal } }
}

/**
 * The refusal that Caddy handed over; null where the request carries none. Called behind the edge
 * only: nobody but Caddy can set the field, and Caddy has it from the check.
 */
export function readLateRefusal(request: IncomingMessage): Answer | null {
  if (request.url !== lateRefusalPath) return null
  const values = request.headersDistinct[field] ?? []
  if (values.length !== 1) return null
  return JSON.parse(Buffer.from(values[0] as string, 'base64url').toString('utf8')) as Answer
}
