import { serviceHosts } from '../../../gatekeeper/src/config/blocks/service-blocks.ts'
import type { FrontSecrets } from '../../../gatekeeper/src/config/front-secrets.ts'
import type { Route, Service } from '../../../gatekeeper/src/model/service.ts'
import type { Finding, Level } from '../../../gatekeeper/src/operations/doctor/finding.ts'
import { type Json, listOf, textsOf, type Visit } from './adapted.ts'

/** A Caddyfile as written and as Caddy adapts it, with the values that it must agree with. */
export type Caddyfile = {
  /** Its name in findings. */
  readonly source: string
  readonly text: string
  readonly adapted: Json
  /** All services of gatekeeper.yaml, with the routes that they have if they have an address. */
  readonly services: readonly Service[]
  /** Addresses of the gatekeeper as Caddy writes them: `unix//run/check.sock`. */
  readonly listeners: { readonly relay: string; readonly check: string }
  /** The secrets of the adaptation, never the ones in use. */
  readonly secrets: FrontSecrets
  /** The address on which Caddy must listen. */
  readonly bind: string
  /** The console's site; null if it is left out. */
  readonly console: ConsolePlace | null
  readonly httpPort: number
  /** Whether a hosting platform ends TLS in front, so that plain HTTP leads to services. */
  readonly isPlatform: boolean
}

export type ConsolePlace = {
  /** The socket of the admin process as Caddy writes it. */
  readonly dial: string
  readonly site: string
  /** Where Caddy must listen for it: `127.0.0.1:8444`. */
  readonly listen: string
  /** The secret of the adaptation. */
  readonly edge: string
}

/** One rule. `visits` are all handlers. */
export type CaddyfileCheck = (caddyfile: Caddyfile, visits: readonly Visit[]) => readonly Finding[]

/** What a handler does with a request. */
export type HandlerRole =
  | 'gate'
  | 'relay'
  | 'console'
  | 'service'
  | 'content'
  | 'harmless'
  | 'unknown'

const harmless = new Set(
  (
    'subroute headers rewrite static_response error copy_response copy_response_headers vars ' +
    'encode request_body log_append tracing map intercept authentication rate_limit'
  ).split(' '),
)
const answering = new Set(['file_server', 'metrics', 'acme_server', 'invoke', 'templates', 'push'])

export function roleOf(
  handler: Json,
  { listeners, console }: Pick<Caddyfile, 'listeners' | 'console'>,
): HandlerRole {
  const name = String(handler['handler'])
  if (harmless.has(name)) return 'harmless'
  if (answering.has(name)) return 'content'
  if (name !== 'reverse_proxy') return 'unknown'
  const dials = listOf(handler['upstreams']).map(({ dial }) => dial)
  if (dials.length === 0) return 'service'
  if (dials.every((dial) => dial === listeners.check)) return 'gate'
  // One of several is enough: nobody else may lead there.
  if (dials.some((dial) => dial === console?.dial)) return 'console'
  return dials.every((dial) => dial === listeners.relay) ? 'relay' : 'service'
}

/** Whether a handler is at the place of a route: at its own host, or on the main site. */
export function standsAt(
  { matches }: Pick<Visit, 'matches'>,
  { host }: Pick<Route, 'host'>,
  { services }: Pick<Caddyfile, 'services'>,
): boolean {
  const names = matches.flat().flatMap((match) => textsOf(match['host']))
  const own = host === undefined ? serviceHosts(services) : [host]
  return names.some((name) => own.includes(name)) === (host !== undefined)
}

/** Describes a handler for people: `the proxy to 127.0.0.1:8880`. */
export function describeHandler(handler: Json): string {
  if (handler['handler'] !== 'reverse_proxy') return `\`${String(handler['handler'])}\``
  const dials = listOf(handler['upstreams']).map(({ dial }) => String(dial))
  return `the proxy to ${dials.join(', ') || 'an upstream chosen at run time'}`
}

type Place = string | RegExp

/**
 * Returns a function that creates findings about one Caddyfile. `place` is text from the line of
 * the finding; if it cannot be found, the finding has no line.
 */
export function createReport({ source, text }: Caddyfile, level: Level = 'error') {
  return (place: Place, what: string, remedy: string): Finding => {
    const line = findLine(text, place)
    return { level, source, ...(line !== null && { line }), what, remedy }
  }
}

function findLine(text: string, place: Place): number | null {
  const at = text
    .split('\n')
    .findIndex((line) => (typeof place === 'string' ? line.includes(place) : place.test(line)))
  return at === -1 || place === '' ? null : at + 1
}

/** Returns text from the line of a proxy. */
export function placeOf(handler: Json): string {
  return String(listOf(handler['upstreams'])[0]?.['dial'] ?? '')
}
