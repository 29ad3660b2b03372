import type { Fields } from '../lib/net/fields.ts'
import type { Point } from '../model/service.ts'

/**
 * The head of a request as an enforcement point passes it on. Method, target, host and address are
 * what Caddy states about the client's request, not this connection's own request line.
 */
export type RequestHead = {
  readonly requestId: string
  readonly point: Point
  readonly method: string
  readonly target: string
  readonly host: string
  readonly clientAddress: string
  readonly upgrade: string | null
  /** The protocol version between client and Caddy: `HTTP/1.1`, `HTTP/2.0`. */
  readonly protocol: string
  readonly fields: Fields
  /** The service that Caddy's block names; null on the relay, where the path alone decides. */
  readonly checkedService: string | null
  /** Whether the request on this connection has a body. */
  readonly hasBody: boolean
}
