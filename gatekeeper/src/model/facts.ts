import type { TraceContext } from '../lib/net/trace-context.ts'
import type { AddressRules } from './address-rule.ts'
import type { Detail } from './detail.ts'
import type { Dialect, Endpoint } from './endpoint.ts'
import type { Reason } from './reason.ts'
import type { Point, Route, Service } from './service.ts'

/** How the credential was sent. Policy only distinguishes what a browser sends by itself. */
export type Carrier = 'none' | 'authorization' | 'basic' | 'field' | 'admin-field' | 'subprotocol'

/** What the head of a request says, in canonical form. Nothing in it proves an identity. */
export type RequestFacts = {
  readonly requestId: string
  /** The client's trace, or a new one. */
  readonly trace: TraceContext
  readonly point: Point
  readonly method: string
  /** The authority that the client requested, as Caddy saw it. */
  readonly host: string
  readonly path: string
  readonly query: string
  readonly clientAddress: string
  /** The address rules in force when the request came; none if it is absent. */
  readonly addressRules?: AddressRules
  /** The User-Agent field, truncated; only for the audit, which hides credentials in it. */
  readonly userAgent: string | null
  readonly service: Service | null
  readonly route: Route | null
  readonly endpoint: Endpoint | null
  /** The path as the service's own table knows it. */
  readonly endpointPath: string
  /** The form of errors that the client expects, also if no endpoint matches. */
  readonly dialect: Dialect
  /** Value of the Upgrade field in lower case; `websocket` also for HTTP/2's CONNECT. */
  readonly upgrade: string | null
  readonly origin: string | null
  /** Whether an app lists the origin, at an endpoint for apps: its page may read the answer. */
  readonly isAppOrigin?: true
  readonly fetchSite: string | null
  /** Whether a person's browser opens a page, as opposed to a script's request. */
  readonly isNavigation: boolean
  readonly carrier: Carrier
  /** Whether the credential has the form of an access token, valid or not. */
  readonly carriesToken?: true
  /** The id of the split key that the request names; left out if it names none. */
  readonly splitKey?: string
  /** WebSocket sub-protocols without the one that carried the credential. */
  readonly subprotocols: readonly string[]
  /** What makes the request malformed or ambiguous; null if nothing does. */
  readonly defect: Reason | null
  /** The detail for the refusal: of the defect, or of a path that is not an endpoint. */
  readonly detail?: Detail | null
  /** Names the forwarded field that contains a plain key; null if none does. */
  readonly stray?: Detail | null
  /** Whether the target contains a plain key. */
  readonly hasKeyInTarget?: true
  /** Says which field of the query callers may not set; null if there is none. */
  readonly refusedQuery?: Detail | null
  /** Names of all providers, if the path asks for one that does not exist. */
  readonly apis?: readonly string[] | undefined
  /** Unknown parts of the query, for an answer that names them. */
  readonly unknown?: readonly string[]
}

/** A member that bounds the output, as the body has it. */
export type OutputBound = {
  readonly path: readonly string[]
  readonly isGiven: boolean
  /** Infinity if the value cannot be read, below zero for "as much as it likes"; null if none. */
  readonly asked: number | null
}

/** What the body says. It is read only after the checks on the head have passed. */
export type BodyFacts = {
  /** What makes the body malformed, ambiguous or too large; null if nothing does. */
  readonly defect: Reason | null
  /** The detail for a refusal because of the defect. */
  readonly detail?: Detail | null
  /** Every model that the request names, as returned by `normalizeModelName`. */
  readonly models: readonly string[]
  /** The same as the caller wrote them; null if a refusal may not repeat them. */
  readonly shownModel: string | null
  /** Those of them that the caller's lists allow. */
  readonly grantedModels: readonly string[]
  /** Those of them that run at the vendor. */
  readonly cloudModels: readonly string[]
  /** Length of the body without images; 0 for uploads and bytes. */
  readonly promptBytes: number
  /** The most tokens that the prompt can have; left out where its length says about how many. */
  readonly inputTokensMax?: number
  /** How many answers are asked for; Infinity if the number cannot be read. */
  readonly choices: number
  /** Every member that can bound the output of one answer, in the order of the endpoint's row. */
  readonly outputBounds: readonly OutputBound[]
  /** The largest output that is requested, for all choices together; null if nothing bounds it. */
  readonly outputTokens: number | null
  readonly isStream: boolean
  /** Whether the client itself requests the usage (`stream_options.include_usage`: true). */
  readonly isUsageAsked: boolean
  /** Whether the request only unloads the model. */
  readonly isUnload: boolean
  /**
   * Whether the request continues from a stored response that is not known to be the caller's own,
   * or stores its answer to be fetched by an id.
   */
  readonly usesStore: boolean
  /** Infinity means forever, also for a value that cannot be read; null if there is none. */
  readonly keepAliveSeconds: number | null
  readonly contextTokens: number | null
  /** Whether it asks for a faster or nearer service at a price that no table has. */
  readonly asksSurcharge: boolean
  /** The largest image; Infinity if it is given as a URL. */
  readonly imageBytes: number
  /**
   * Whether the body is checked while it is forwarded, as for a form: it is completed only if it
   * passes.
   */
  readonly isOnItsWay: boolean
}

/** The facts of an empty body. */
export const noBody: BodyFacts = {
  defect: null,
  models: [],
  shownModel: null,
  grantedModels: [],
  cloudModels: [],
  promptBytes: 0,
  choices: 1,
  outputBounds: [],
  outputTokens: null,
  isStream: false,
  isUsageAsked: false,
  isUnload: false,
  usesStore: false,
  keepAliveSeconds: null,
  contextTokens: null,
  asksSurcharge: false,
  imageBytes: 0,
  isOnItsWay: false,
}
