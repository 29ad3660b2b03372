/**
 * Generates `services.caddy`: the services of gatekeeper.yaml in Caddy's language. The gatekeeper
 * writes it beside secrets.caddy at each start, and caddy/Caddyfile imports five snippets of it:
 * (services), (hosts), (service_errors), (outcomes) and (console).
 */
import { join } from 'node:path'
import { chatPrefixes } from '../../kinds/chat/chat.ts'
import { isUnder } from '../../lib/net/path.ts'
import type { Point, Route, Service } from '../../model/service.ts'
import { isInternalName, noName } from '../front-environment.ts'
import { replaceFile } from '../front-secrets.ts'
import { toCaddyAddress } from '../listen.ts'
import type { Settings } from '../read-settings.ts'
import { type ConsoleTold, consoleBlocks } from './console-block.ts'
import { errorAnswers } from './error-answers.ts'
import { block, isQuotable, quote } from './quote.ts'
import { type Checked, pathsUnder, routeFields, serviceBlock } from './service-block.ts'

type Told = Pick<Settings, 'sites' | 'outcomesListen'> & ConsoleTold

/**
 * Not endpoints: a client whose base URL lacks `/v1` requests them, and the gatekeeper's answer
 * says so.
 */
export const hintPaths = ['/completions', '/embeddings', '/messages', '/models', '/responses']

/** Paths that the gatekeeper answers itself; Caddy forwards them by the relay. */
const ownPaths = [
  ...['/health', '/status', '/openapi.json', '/oauth/*', '/admin', '/admin/*', '/.well-known/*'],
  ...['/analytics', '/analytics/*'],
  ...chatPrefixes.map((prefix) => `${prefix}/*`),
  ...hintPaths,
]

/** The same around the providers. */
const bridgePaths = ['/auth/*', '/api/*']

/** Writes `caddy/services.caddy` in the state folder. Throws as `node:fs` does. */
export function writeServiceBlocks(
  settings: Told & Pick<Settings, 'stateDir'>,
  services: readonly Service[],
): void {
  replaceFile(join(settings.stateDir, 'caddy', 'services.caddy'), serviceBlocks(settings, services))
}

/** Returns the text of `services.caddy`. */
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
    ...block('(console)', consoleBlocks(settings)),
  ]
  return `${lines.join('\n')}\n`
}

/** Returns the hosts that Caddy serves for single services, each once. */
export function serviceHosts(services: readonly Service[]): string[] {
  const hosts = placedRoutes(services).flatMap(({ route }) => route.host ?? [])
  return [...new Set(hosts)]
}

/** Returns a separate site with the same directives as the main site. */
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

/**
 * Returns all routes except check routes without an address, which have their own block in the
 * Caddyfile.
 */
function placedRoutes(services: readonly Service[]): Placed[] {
  return services.flatMap((service) =>
    service.routes
      .filter(({ mode }) => mode === 'relay' || service.upstream !== null)
      .map((route) => ({ service, route })),
  )
}

/**
 * Returns the relayed paths of one site. Matchers exclude each other, so Caddy's sorting of blocks
 * has no effect.
 */
function relayBlock(placed: readonly Placed[]): string[] {
  const prefixesOf = (mode: Point) =>
    placed.filter(({ route }) => route.mode === mode).map(({ route }) => route.prefix)
  const relayed = prefixesOf('relay')
  const isMain = placed.every(({ route }) => route.host === undefined)
  // A base URL without the version of a provider: the gatekeeper says what was meant.
  const providers = placed.filter(({ service }) => service.kind.provider)
  const hinted = providers.flatMap(({ service }) => pathsUnder(`/${service.name}`))
  const own = providers.length > 0 ? [...ownPaths, ...bridgePaths] : ownPaths
  const paths = [...relayed.flatMap(pathsUnder), ...(isMain ? own : []), ...hinted]
  if (paths.length === 0) return []
  const checked = prefixesOf('check').filter((prefix) =>
    relayed.some((one) => isUnder(prefix, one)),
  )
  return [
    ...block('@gatekeeper-relay', [
      `path ${[...new Set(paths)].map(quote).join(' ')}`,
      // Relay routes below a check prefix stay here.
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
 * Reports to the gatekeeper through a socket how each answer behind a check ended: request id,
 * status, size and two fixed words, and nothing that a client sent. If the socket is not available,
 * requests continue.
 */
function outcomeLog({ outcomesListen }: Pick<Told, 'outcomesListen'>): string[] {
  const address = outcomesListen === null ? '' : toCaddyAddress(outcomesListen)
  // Without an address, the records say that the outcome is unknown.
  if (address === '' || !isQuotable(address)) return ['log_skip']
  return [
    ...block('log outcomes', [
      ...block(`output net ${quote(address)}`, ['soft_start', 'dial_timeout 500ms']),
      ...block('format filter', [
        'wrap json',
        ...['request', 'resp_headers', 'user_id'].map((name) => `${name} delete`),
      ]),
    ]),
    // The gate enables it for permitted requests.
    'log_skip',
  ]
}
