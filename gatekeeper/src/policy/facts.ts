import type { Endpoint } from './endpoint.ts'
import type { Reason } from './reason.ts'
import type { Point, Route, Service } from './service.ts'

/** How the credential came. Only what a browser sends by itself makes a difference to policy. */
export type Carrier = 'none' | 'authorization' | 'basic' | 'field' | 'subprotocol'

/** What the head of a request says, in canonical form. Nothing of it is a claim about identity. */
export type RequestFacts = {
  readonly requestId: string
  readonly point: Point
  readonly method: string
  /** The authority that the client asked for, as Caddy saw it. */
  readonly host: string
  readonly path: string
  readonly query: string
  readonly clientAddress: string
  readonly service: Service | null
  readonly route: Route | null
  readonly endpoint: Endpoint | null
  /** The path as the service's own table knows it. */
  readonly endpointPath: string
  /** Value of the Upgrade field in lower case; `websocket` also for HTTP/2's CONNECT. */
  readonly upgrade: string | null
  readonly origin: string | null
  readonly fetchSite: string | null
  /** Whether a person's browser opens a page, as opposed to a script's request. */
  readonly isNavigation: boolean
  readonly carrier: Carrier
  /** Sub-protocols of a WebSocket without the one that was the credential. */
  readonly subprotocols: readonly string[]
  /** What makes the request malformed or ambiguous, where anything does. */
  readonly defect: Reason | null
}

/** What the body says. It is read only after the checks on the head have passed. */
export type BodyFacts = {
  /** Every model that the body names, in the form of `normalizeModelName`. */
  readonly models: readonly string[]
  /** The models that the caller may use, in that same form. */
  readonly allowedModels: readonly string[]
  readonly defect: Reason | null
}
