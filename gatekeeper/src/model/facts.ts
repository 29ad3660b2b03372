import type { TraceContext } from '../lib/net/trace-context.ts'
import type { Detail } from './detail.ts'
import type { Dialect, Endpoint } from './endpoint.ts'
import type { Reason } from './reason.ts'
import type { Point, Route, Service } from './service.ts'

/** How the credential came. Only what a browser sends by itself makes a difference to policy. */
export type Carrier = 'none' | 'authorization' | 'basic' | 'field' | 'subprotocol'

/** What the head of a request says, in canonical form. Nothing of it is a claim about identity. */
export type RequestFacts = {
  readonly requestId: string
  /** The client's trace, or one that begins here. */
  readonly trace: TraceContext
  readonly point: Point
  readonly method: string
  /** The authority that the client asked for, as Caddy saw it. */
  readonly host: string
  readonly path: string
  readonly query: string
  readonly clientAddress: string
  /** The User-Agent field as it came, cut; only for the audit, which hides credentials in it. */
  readonly userAgent: string | null
  readonly service: Service | null
  readonly route: Route | null
  readonly endpoint: Endpoint | null
  /** The path as the service's own table knows it. */
  readonly endpointPath: string
  /** The form of errors that the client reads, also where no endpoint is met. */
  readonly dialect?: Dialect
  /** Value of the Upgrade field in lower case; `websocket` also for HTTP/2's CONNECT. */
  readonly upgrade: string | null
  readonly origin: string | null
  readonly fetchSite: string | null
  /** Whether a person's browser opens a page, as opposed to a script's request. */
  readonly isNavigation: boolean
  readonly carrier: Carrier
  /** Whether the credential has the form of an access token, valid or not. */
  readonly carriesToken?: true
  /** Sub-protocols of a WebSocket without the one that was the credential. */
  readonly subprotocols: readonly string[]
  /** What makes the request malformed or ambiguous, where anything does. */
  readonly defect: Reason | null
  /** What the refusal names: of the defect, or of a path that is no endpoint. */
  readonly detail?: Detail | null
  /** Says where a plain key stands in a field that passes to the service; null where none does. */
  readonly stray?: Detail | null
  /** Whether a plain key stands in the target. */
  readonly hasKeyInTarget?: true
  /** What of the query is not known here, for an answer that names it. */
  readonly unknown?: readonly string[]
}

/** What the body says. It is read only after the checks on the head have passed. */
export type BodyFacts = {
  /** What makes the body malformed, ambiguous or too large, where anything does. */
  readonly defect: Reason | null
  /** What the refusal of the defect names. */
  readonly detail?: Detail | null
  /** Every model that the request names, in the form of `normalizeModelName`. */
  readonly models: readonly string[]
  /** The same as the caller wrote them; null where a refusal may not repeat them. */
  readonly shownModel: string | null
  /** Those of them that the caller's lists hold. */
  readonly grantedModels: readonly string[]
  /** Those of them that run at the vendor's. */
  readonly cloudModels: readonly string[]
  /** Length of the body without images; 0 for uploads and bytes. */
  readonly promptBytes: number
  /** The most output that is asked for, of all choices together; null where nothing bounds it. */
  readonly outputTokens: number | null
  readonly isStream: boolean
  /** Whether the client itself asks to be told the usage (`stream_options.include_usage`: true). */
  readonly isUsageAsked: boolean
  /** Whether the request only takes the model out of memory. */
  readonly isUnload: boolean
  /**
   * Whether it goes on from what the upstream keeps under an id and is not known to be the caller's
   * own, or leaves its answer there to be fetched by an id.
   */
  readonly usesStore: boolean
  /** Infinity is for ever, and what cannot be read counts as that; null where nothing is said. */
  readonly keepAliveSeconds: number | null
  readonly contextTokens: number | null
  /** The largest image; Infinity where it is named by an address. */
  readonly imageBytes: number
  /** Whether the body is judged on its way, as a form is: it goes on to its end only if it passes. */
  readonly isOnItsWay: boolean
}

/** A body that says nothing. */
export const noBody: BodyFacts = {
  defect: null,
  models: [],
  shownModel: null,
  grantedModels: [],
  cloudModels: [],
  promptBytes: 0,
  outputTokens: null,
  isStream: false,
  isUsageAsked: false,
  isUnload: false,
  usesStore: false,
  keepAliveSeconds: null,
  contextTokens: null,
  imageBytes: 0,
  isOnItsWay: false,
}
