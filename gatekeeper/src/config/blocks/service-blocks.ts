/**
 * `services.caddy`: what gatekeeper.yaml says stands behind the gate, in Caddy's words. The gatekeeper
 * writes it beside secrets.caddy at each start, and caddy/Caddyfile imports four snippets of it:
 * (services), (hosts), (service_errors) and (outcomes).
 */
import { join } from 'node:path'
import { chatPrefixes } from '../../kinds/chat/chat.ts'
import { isUnder } from '../../lib/net/path.ts'
import type { Point, Route, Service } from '../../model/service.ts'
import { isInternalName, noName } from '../front-environment.ts'
import { replaceFile } from '../front-secrets.ts'
import { toCaddyAddress } from '../listen.ts'
import type { Settings } from '../read-settings.ts'
import { errorAnswers } from './error-answers.ts'
import { block, isQuotable, quote } from './quote.ts'
import { type Checked, pathsUnder, routeFields, serviceBlock } from './service-block.ts'

type Told = Pick<Settings, 'sites' | 'outcomesListen'>

/** No endpoints: a client whose base URL lacks `/v1` asks for them, and the gatekeeper says so. */
export const hintPaths = ['/completions', '/embeddings', '/messages', '/models', '/responses']

/** What the gatekeeper answers itself; Caddy hands it on by the relay. */
const ownPaths = [
  ...['/health', '/status', '/oauth/*', '/.well-known/*'],
  ...chatPrefixes.map((prefix) => `${prefix}/*`),
  ...hintPaths,
]

/** Writes `caddy/services.caddy` in the state folder. Throws as `node:fs` does. */
export function writeServiceBlocks(
  settings: Told & Pick<Settings, 'stateDir'>,
  services: readonly Service[],
): void {
  replaceFile(join(settings.stateDir, 'caddy', 'services.caddy'), serviceBlocks(settings, services))
}

/** The text of `services.caddy`. */
export function serviceBlocks(settings: Told, services: readonly Service[]): string {
  const ollamaNames = services
    .filter(({ kind }) => kind.dialectAt?.('/') === 'ollama')
    .map(({ name }) => name)
  const placed = placedRoutes(services)
  const checked = checkedRoutes(placed)
  const blocksAt = (host: string | undefined) => [
    ...relayBlock(placed.filter(({ route }) => route.host === host)),
    ...checked.filter(({ route }) => route.host === host).flatMap(serviceBlock),
  ]
  const lines = [
    '# Made by the gatekeeper from gatekeeper.yaml at every start. Not to be edited: a block of your',
    '# own in the Caddyfile replaces the one here (docs/guides/adding-a-service.md).',
    ...checked.flatMap((one) => routeFields(one, settings.sites)),
    ...block('(services)', blocksAt(undefined)),
    ...block(
      '(hosts)',
      serviceHosts(services).flatMap((host) => hostSite(host, blocksAt(host))),
    ),
    ...block('(service_errors)', errorAnswers(ollamaNames)),
    ...block('(outcomes)', outcomeLog(settings)),
  ]
  return `${lines.join('\n')}\n`
}

/** The hosts that Caddy serves for the services themselves, each once. */
export function serviceHosts(services: readonly Service[]): string[] {
  const hosts = placedRoutes(services).flatMap(({ route }) => route.host ?? [])
  return [...new Set(hosts)]
}

/** A site of its own, with all that the main site has around its services. */
function hostSite(host: string, blocks: readonly string[]): string[] {
  const isInternal = isInternalName(host)
  return block(quote(host), [
    ...(isInternal ? ['tls internal'] : []),
    `import site ${isInternal ? noName : quote(host)}`,
    ...blocks,
    ...block('handle', ['import missing']),
  ])
}

type Placed = { readonly service: Service; readonly route: Route }

/** All routes but the checked ones without an address, for which a block of the Caddyfile stands. */
function placedRoutes(services: readonly Service[]): Placed[] {
  return services.flatMap((service) =>
    service.routes
      .filter(({ mode }) => mode === 'relay' || service.upstream !== null)
      .map((route) => ({ service, route })),
  )
}

/**
 * The relayed paths of one site. Matchers exclude each other, so that the order in which Caddy sorts
 * blocks decides nothing.
 */
function relayBlock(placed: readonly Placed[]): string[] {
  const prefixesOf = (mode: Point) =>
    placed.filter(({ route }) => route.mode === mode).map(({ route }) => route.prefix)
  const relayed = prefixesOf('relay')
  const isMain = placed.every(({ route }) => route.host === undefined)
  const paths = [...relayed.flatMap(pathsUnder), ...(isMain ? ownPaths : [])]
  if (paths.length === 0) return []
  const checked = prefixesOf('check').filter((prefix) =>
    relayed.some((one) => isUnder(prefix, one)),
  )
  return [
    ...block('@gatekeeper-relay', [
      `path ${[...new Set(paths)].map(quote).join(' ')}`,
      // What is relayed again below a checked prefix stays here.
      ...checked.map((prefix) => notPath(prefix, relayed)),
    ]),
    ...block('handle @gatekeeper-relay', block('route', ['import relay'])),
  ]
}

function notPath(prefix: string, relayed: readonly string[]): string {
  const again = relayed.filter((one) => isUnder(one, prefix))
  const path = (one: string) => pathsUnder(one).map(quote).join(' ')
  if (again.length === 0) return `not path ${path(prefix)}`
  return `not {\n\t\t\tpath ${path(prefix)}\n\t\t\tnot path ${again.map(path).join(' ')}\n\t\t}`
}

function checkedRoutes(placed: readonly Placed[]): Checked[] {
  return placed
    .filter(({ route }) => route.mode === 'check')
    .flatMap(({ service, route }, at) => {
      const { upstream } = service
      if (upstream === null) return []
      const deeper = placed
        .map((other) => other.route)
        .filter(({ host, prefix }) => host === route.host && prefix !== route.prefix)
        .filter(({ prefix }) => isUnder(prefix, route.prefix))
        .map(({ prefix }) => prefix)
      return [{ name: `gatekeeper-route-${at}`, service, route, upstream, deeper }]
    })
}

/**
 * Tells the gatekeeper by a socket how each answer behind a check ended: request id, status, size and
 * two words of ours, and nothing that a client sent. Where the socket is away, requests go on.
 */
function outcomeLog({ outcomesListen }: Told): string[] {
  const address = outcomesListen === null ? '' : toCaddyAddress(outcomesListen)
  // Without a place for it the records say that they do not know.
  if (address === '' || !isQuotable(address)) return ['log_skip']
  return [
    ...block('log outcomes', [
      ...block(`output net ${quote(address)}`, ['soft_start', 'dial_timeout 500ms']),
      ...block('format filter', [
        'wrap json',
        ...['request', 'resp_headers', 'user_id'].map((name) => `${name} delete`),
      ]),
    ]),
    // The gate switches it on for what it lets through.
    'log_skip',
  ]
}
