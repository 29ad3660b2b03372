import type { IncomingMessage } from 'node:http'
import type { Readable, Transform } from 'node:stream'
import type { BodyForm } from '../model/endpoint.ts'
import type { Exchange } from './exchange.ts'

/** The body that an upstream gets, and its fields. */
type RequestBody = {
  readonly content: Buffer | Readable | null
  readonly fields: Readonly<Record<string, string>>
}

/**
 * A body that was read is sent in its normal form, an upload as its guard lets it through, and
 * bytes that are not read unchanged, with the length and the coding from the client.
 */
export function requestBody(exchange: Exchange, form: BodyForm): RequestBody {
  const { request, bytes } = exchange
  if (bytes !== null) return { content: bytes, fields: { 'content-type': 'application/json' } }
  if (exchange.form !== null) {
    const { stream, contentType } = exchange.form
    feed(stream, request)
    return { content: stream, fields: { 'content-type': contentType } }
  }
  if (form !== 'bytes') return { content: null, fields: {} }
  const { 'content-length': length, 'content-encoding': coding } = request.headers
  return {
    content: request,
    fields: {
      ...(length !== undefined && { 'content-length': length }),
      ...(coding !== undefined && { 'content-encoding': coding }),
    },
  }
}

/**
 * Not with `pipeline`, which destroys the request when its guard refuses, and with it the
 * connection that must carry the refusal.
 */
function feed(guard: Transform, request: IncomingMessage): void {
  request.pipe(guard)
  guard.on('error', () => {
    request.unpipe(guard)
    request.resume()
  })
  request.once('close', () => {
    // A partial upload must not end as a complete one.
    if (!request.readableEnded) guard.destroy(new Error('the client cancelled its upload'))
  })
}
