import type { IncomingMessage } from 'node:http'
import type { Readable, Transform } from 'node:stream'
import type { BodyForm } from '../model/endpoint.ts'
import type { Exchange } from './exchange.ts'

/** What an upstream gets as the body of a request, and the fields that tell of it. */
type RequestBody = {
  readonly content: Buffer | Readable | null
  readonly fields: Readonly<Record<string, string>>
}

/**
 * A body that was read is sent as it was written anew, an upload as its guard lets it through, and
 * bytes that nobody reads as they come, with the length and the coding that the client gave them.
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
 * Not by `pipeline`, which destroys the request when its guard refuses, and with it the connection
 * on which the refusal is to be answered.
 */
function feed(guard: Transform, request: IncomingMessage): void {
  request.pipe(guard)
  guard.on('error', () => {
    request.unpipe(guard)
    request.resume()
  })
  request.once('close', () => {
    // Half an upload must not end as a whole one.
    if (!request.readableEnded) guard.destroy(new Error('the client cancelled its upload'))
  })
}
