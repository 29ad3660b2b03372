import type { Fields } from '../lib/net/fields.ts'
import type { Point } from '../model/service.ts'

/**
 * The head of a request as an enforcement point hands it in. Method, target, host and address are
 * what Caddy says of the client's request, never what this connection's own request line says.
 */
export type RequestHead = {
  readonly requestId: string
  readonly point: Point
  readonly method: string
  readonly target: string
  readonly host: string
  readonly clientAddress: string
  readonly upgrade: string | null
  /** The version that the client speaks to Caddy: `HTTP/1.1`, `HTTP/2.0`. */
  readonly protocol: string
  readonly fields: Fields
  /** The service that Caddy's block asks for; null on the relay, where the path alone decides. */
  readonly checkedService: string | null
  /** Whether this connection's request carries a body. */
  readonly hasBody: boolean
}
