/**
 * Refusals of the check for clients that may still be sending a body. The check sees no body;
 * several HTTP/2 clients lose an answer that arrives before their body is sent; and over HTTP/1
 * Caddy would wait for hours for the rest of a slow body. So the check puts its refusal into a
 * field, Caddy passes request and field to the relay (`late-refusal` in the Caddyfile), and the
 * relay reads a bounded part of the body and then sends the refusal. Nothing is decided a second
 * time.
 */
import type { IncomingMessage } from 'node:http'
import type { Answer } from './answer.ts'

/** The path where Caddy passes refusals to the relay. */
export const lateRefusalPath = '/refusal'

const field = 'x-gatekeeper-refusal'
const bodiless = ['GET', 'HEAD', 'OPTIONS']

/** Adds the field with which the relay can send the refusal, if the request may have a body. */
export function withLateRefusal(request: IncomingMessage, answer: Answer): Answer {
  const method = request.headersDistinct['x-gatekeeper-method']?.[0] ?? 'GET'
  if (bodiless.includes(method)) return answer
  const refusal = Buffer.from(JSON.stringify(answer)).toString('base64url')
  return { ...answer, fields: { ...answer.fields, [field]: refusal } }
}

/**
 * Returns the refusal that Caddy passed on; null if there is none. Must be called behind the edge
 * check only: then nobody but Caddy can have set the field, and Caddy got it from the check.
 */
export function readLateRefusal(request: IncomingMessage): Answer | null {
  if (request.url !== lateRefusalPath) return null
  const values = request.headersDistinct[field] ?? []
  if (values.length !== 1) return null
  return JSON.parse(Buffer.from(values[0] as string, 'base64url').toString('utf8')) as Answer
}
