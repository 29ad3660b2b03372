import { removedCredentialFields } from '../../model/credential-fields.ts'
import type { Route, Service, Upstream } from '../../model/service.ts'
import { placeBelow } from './place-below.ts'
import { block, duration, quote } from './quote.ts'

/** A check route of a service with an address. */
export type Checked = {
  /** The name of the snippets that are generated for it. */
  readonly name: string
  readonly service: Service
  readonly route: Route
  readonly upstream: Upstream
  /** Prefixes of other routes below this one, which are excluded. */
  readonly deeper: readonly string[]
}

/** Returns Caddy's path patterns for a prefix: itself and all below it. */
export function pathsUnder(prefix: string): string[] {
  return prefix === '' ? ['/*'] : [prefix, `${prefix}/*`]
}

/**
 * Returns a snippet for the proxies of one route: the changes that its prefix needs. `mainSites`
 * are the names that serve it if it has no host of its own.
 */
export function routeFields(
  { name, route, upstream }: Checked,
  mainSites: readonly string[],
): string[] {
  const sites = route.host === undefined ? mainSites : [route.host]
  const { hostname } = new URL(upstream.origin)
  const basePath = upstream.basePath ?? ''
  const prefix = route.strip ? route.prefix : null
  return block(`(${name})`, [
    ...removedCredentialFields(route.credentialField).map(
      (field) => `header_up -${inCapitals(field)}`,
    ),
    ...(prefix === null ? [] : [`header_up X-Forwarded-Prefix ${quote(prefix)}`]),
    ...placeBelow({ host: hostname, basePath, prefix, sites }),
  ])
}

/** Returns the block of one route: a check, then Caddy's own proxy. */
export function serviceBlock({ name, service, route, upstream, deeper }: Checked): string[] {
  const basePath = upstream.basePath ?? ''
  return [
    ...block(`@${name}`, [
      `path ${quote(`${route.prefix}/*`)}`,
      ...deeper.map((one) => `not path ${pathsUnder(one).map(quote).join(' ')}`),
    ]),
    ...block(`handle @${name}`, [
      ...(route.browser === 'basic' ? ['vars gatekeeper_browser basic'] : []),
      ...(route.strip ? [`uri strip_prefix ${quote(route.prefix)}`] : []),
      ...block('route', [
        `import gate ${quote(service.name)}`,
        // `rewrite /base{uri}` would decode %2F in the path.
        ...(basePath === '' ? [] : [`uri path_regexp "^/" ${quote(`${basePath}/`)}`]),
        ...proxies(service, upstream, name),
      ]),
    ]),
  ]
}

/** Returns the name of a field as Caddy and people write it: `X-Api-Key`. */
function inCapitals(field: string): string {
  return field.replace(/(^|-)[a-z]/g, (start) => start.toUpperCase())
}

/** A WebSocket may be idle for hours, so the idle limit does not apply to it. */
function proxies(service: Service, upstream: Upstream, name: string): string[] {
  const { idleSeconds } = service.timeouts
  const silence = ['read_timeout', 'write_timeout'].map(
    (limit) => `${limit} ${duration(idleSeconds)}`,
  )
  const proxy = (matcher: string, limits: readonly string[]) =>
    block(`reverse_proxy ${matcher}${quote(upstream.origin)}`, [
      'import handed_on',
      `import ${name}`,
      ...block('transport http', [...transport(service, upstream), ...limits]),
    ])
  if (service.webSockets.length === 0) return proxy('', silence)
  return [
    '@gatekeeper-upgrade expression `{http.request.method} == "CONNECT" || {http.request.header.Upgrade} != ""`',
    ...proxy('@gatekeeper-upgrade ', []),
    ...proxy('', silence),
  ]
}

function transport({ timeouts }: Service, upstream: Upstream): string[] {
  return [
    'keepalive off',
    `dial_timeout ${duration(timeouts.connectSeconds)}`,
    `response_header_timeout ${duration(timeouts.headersSeconds)}`,
    ...(upstream.origin.startsWith('https:') ? trust(upstream.ca ?? null) : []),
  ]
}

/** The certificates themselves and not their file, which Caddy may not be able to read. */
function trust(pem: string | null): string[] {
  if (pem === null) return ['tls']
  const found = pem.matchAll(/-----BEGIN CERTIFICATE-----([\s\S]*?)-----END CERTIFICATE-----/g)
  const ders = [...found].map(([, text = '']) => quote(text.replace(/\s+/g, '')))
  return block('tls_trust_pool inline', [`trust_der ${ders.join(' ')}`])
}
