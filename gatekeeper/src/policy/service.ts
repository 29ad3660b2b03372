/** `check`: Caddy asks and then proxies itself. `relay`: the gatekeeper carries request and answer. */
export type Point = 'check' | 'relay'

/** Which endpoint table a service has. `own` is the gatekeeper's own `/status`. */
export type ServiceKind = 'ollama' | 'openai' | 'http' | 'own'

/** A public prefix of a service, with its mode. */
export type Route = {
  /** Starts with `/`, has no slash at its end: `/ollama`. */
  readonly prefix: string
  /** Whether the upstream sees the path without the prefix. */
  readonly strip: boolean
  readonly mode: Point
  /** `basic`: page navigations of a browser get a Basic challenge (password = key). */
  readonly browser: 'none' | 'basic'
}

/** Longest silences that a relayed request may have, in seconds. */
export type Timeouts = {
  readonly connectSeconds: number
  readonly headersSeconds: number
  readonly idleSeconds: number
}

/** Where a relayed request goes. `key` is the credential that the upstream wants of us. */
export type Upstream = { readonly origin: string; readonly key: string | null }

/** A thing behind the gate. `upstream` is null where Caddy alone knows it (check only). */
export type Service = {
  readonly name: string
  readonly kind: ServiceKind
  readonly aliases: readonly string[]
  readonly routes: readonly Route[]
  readonly upstream: Upstream | null
  readonly timeouts: Timeouts
  /** Whether connections to the upstream are used again. */
  readonly keepAlive: boolean
  /** Whether `open` endpoints answer without a credential. */
  readonly anonymous: boolean
  /** Web origins whose pages may call the service: `https://app.example`. */
  readonly origins: readonly string[]
  /** Paths, without the prefix, that accept a WebSocket (kind `http`). */
  readonly webSockets: readonly string[]
}
