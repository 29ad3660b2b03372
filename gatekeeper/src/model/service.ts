import type { CredentialField } from './credential-fields.ts'
import type { Endpoint, EndpointClass } from './endpoint.ts'
import { isOpaque, type Kind } from './kind.ts'
import type { Limit, QuotaLimit } from './limit.ts'
import type { PriceRow } from './price.ts'
import type { Principal } from './principal.ts'
import type { Provider } from './provider.ts'
import type { TokenClass } from './token-class.ts'
import type { WidgetRules } from './widget.ts'

/**
 * `check`: Caddy asks the gatekeeper and then proxies itself. `relay`: the gatekeeper carries
 * request and answer.
 */
export type Point = 'check' | 'relay'

/** A public prefix of a service, with its mode. */
export type Route = {
  /** The name at which it stands, in lower case; left out on the names of the main site. */
  readonly host?: string
  /** Starts with `/`, has no slash at its end: `/ollama`. Empty is all of a host of its own. */
  readonly prefix: string
  /** Whether the upstream gets the path without the prefix. */
  readonly strip: boolean
  readonly mode: Point
  /** `basic`: page navigations and what those pages load get a Basic challenge (password = key). */
  readonly browser: 'none' | 'basic'
  /** The one field that carries the caller's credential; if it is missing, all carriers count. */
  readonly credentialField?: CredentialField
  /**
   * The endpoints that stand here in place of those of the kind. Their requests name one of the
   * kind's endpoints, and become a request to it (`/api/PROVIDER`).
   */
  readonly adapter?: readonly Endpoint[]
}

/** A route as people read it: `/tts`, or `webui.localhost/` at a host of its own. */
export function routeText({
  host = '',
  prefix,
}: {
  readonly host?: string | undefined
  readonly prefix: string
}): string {
  return host + (prefix || '/')
}

/** The longest pauses that a request may have, in seconds. */
export type Timeouts = {
  readonly connectSeconds: number
  readonly headersSeconds: number
  /** Until a streamed answer begins; left out where that is `headersSeconds`. */
  readonly streamHeadersSeconds?: number
  readonly idleSeconds: number
}

/** Where an admitted request goes. */
export type Upstream = {
  readonly origin: string
  /** Path before the paths of all requests: `/base`; absent if there is none. */
  readonly basePath?: string
  /** The credential that the gatekeeper sends to the upstream, on relayed routes. */
  readonly key: string | null
  /** Authorities in PEM form that sign its certificate; the public ones if it is missing. */
  readonly ca?: string
}

/** Classes of methods that differ from the usual ones, by method. */
export type MethodClasses = Readonly<Record<string, EndpointClass>>

/** Returns the base address of an upstream. */
export function addressOf({ origin, basePath = '' }: Upstream): string {
  return origin + basePath
}

/**
 * A service behind the gatekeeper. `upstream` is null if only a block of the Caddyfile has its
 * address.
 */
export type Service = {
  readonly name: string
  readonly kind: Kind
  readonly aliases: readonly string[]
  readonly routes: readonly Route[]
  readonly upstream: Upstream | null
  readonly timeouts: Timeouts
  /** Whether connections to the upstream are used again. */
  readonly keepAlive: boolean
  /** Whether `open` endpoints answer without a credential. */
  readonly anonymous: boolean
  /**
   * Whether its endpoints read the credential themselves: the credential of an OAuth client does
   * not belong to a caller, and an API key is not valid there.
   */
  readonly readsCredentials?: true
  /** The class of tokens that it accepts; house if it is missing. API keys have no class. */
  readonly tokenClass?: TokenClass
  /** Web origins whose pages may call the service: `https://app.example`. */
  readonly origins: readonly string[]
  /** Whether requests without an Origin field, which no page sends, are refused. */
  readonly needsOrigin?: true
  /** Paths, without the prefix, that accept a WebSocket (opaque kinds). */
  readonly webSockets: readonly string[]
  /** Methods whose class is not the usual one (opaque kinds). */
  readonly methodClasses?: MethodClasses
  /** Limits that all callers of the service share. */
  readonly limits: readonly Limit[]
  /** Limits of each client address, for everybody. */
  readonly perAddress?: readonly QuotaLimit[]
  /** How many requests it works on at a time, and the rules for waiting; null means no queue. */
  readonly queue: QueueRules | null
  /**
   * `leave`: streams are not asked for their usage (`stream_options`), which is then estimated.
   */
  readonly streamUsage?: 'ask' | 'leave' | undefined
  /** The prices of its models; they take precedence over the built-in prices. */
  readonly prices: readonly PriceRow[]
  /** What a chat has beside its upstream; absent where the service is none. */
  readonly chat?: ChatRules
  /** What the chat widget has beside its upstream; absent where the service is none. */
  readonly widget?: WidgetRules
}

/** The domain chat: the service behind it, and who may use it without a credential. */
export type ChatRules = {
  /** The service whose upstream it uses, and with which it shares limits and slots. */
  readonly behind: string
  /** Prefixes of all services, including those without an address: they are not levels. */
  readonly otherPrefixes: readonly string[]
  /** The model for requests that name none; null means the first one that the caller may use. */
  readonly model: string | null
  /** The callers of the open endpoints without a credential; null if nobody may call them. */
  readonly visitor: Visitor | null
}

export type Visitor = {
  readonly principal: Principal
  /** Requests of one address (IPv6: one /64). */
  readonly perAddress: { readonly burst: number; readonly perMinute: number }
}

/** Returns the class of tokens that count at a service, or outside all of them. */
export function tokenClassOf(service: Service | null): TokenClass {
  return service?.tokenClass ?? 'house'
}

/** Returns the company whose API answers there; null if it is a service of the operator's own. */
export function providerOf({ kind, widget }: Pick<Service, 'kind' | 'widget'>): Provider | null {
  return kind.provider ?? widget?.provider ?? null
}

/**
 * The name under which limits and slots are counted: a chat and the widget share those of the
 * service behind them.
 */
export function accountOf(service: Service): string {
  return service.chat?.behind ?? service.widget?.behind ?? service.name
}

/**
 * Whether use costs nothing there: limits of models, tokens and money then mean nothing. An opaque
 * service has no models, and no tokens unless somebody gave it a price.
 */
export function hasFreeUse({ kind, prices }: Pick<Service, 'kind' | 'prices'>): boolean {
  return isOpaque(kind) && prices.length === 0
}

/** The fair queue of one service (scheduler/fair-queue.ts). */
export type QueueRules = {
  readonly slots: number
  readonly waitingMax: number
  readonly waitingPerKeyMax: number
  readonly longestWaitMs: number
}
