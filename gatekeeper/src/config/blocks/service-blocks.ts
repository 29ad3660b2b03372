/**
 * `services.caddy`: what gatekeeper.yaml says stands behind the gate, in Caddy's words. The gatekeeper
 * writes it beside secrets.caddy at each start, and caddy/Caddyfile imports three snippets of it:
 * (services), (service_errors) and (outcomes).
 */
import { join } from 'node:path'
import { chatPrefixes } from '../../kinds/chat.ts'
import { isUnder } from '../../lib/net/path.ts'
import type { Service } from '../../model/service.ts'
import { replaceFile } from '../front-secrets.ts'
import { toCaddyAddress } from '../listen.ts'
import type { Settings } from '../read-settings.ts'
import { errorAnswers } from './error-answers.ts'
import { block, isQuotable, quote } from './quote.ts'
import { type Checked, routeFields, serviceBlock } from './service-block.ts'

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
  const ollamaNames = services.filter(({ kind }) => kind === 'ollama').map(({ name }) => name)
  const checked = checkedRoutes(services)
  const lines = [
    '# Made by the gatekeeper from gatekeeper.yaml at every start. Not to be edited: a block of your',
    '# own in the Caddyfile wins over the one here (docs/guides/adding-a-service.md).',
    ...checked.flatMap((one, at) =>
      routeFields(one, { name: `gatekeeper-route-${at}`, sites: settings.sites }),
    ),
    ...block('(services)', [
      ...relayBlock(services),
      ...checked.flatMap((one, at) => serviceBlock(one, `gatekeeper-route-${at}`)),
    ]),
    ...block('(service_errors)', errorAnswers(ollamaNames)),
    ...block('(outcomes)', outcomeLog(settings)),
  ]
  return `${lines.join('\n')}\n`
}

type Placed = { readonly prefix: string; readonly isRelayed: boolean }

function placesOf(services: readonly Service[]): Placed[] {
  return services.flatMap(({ routes }) =>
    routes.map(({ prefix, mode }) => ({ prefix, isRelayed: mode === 'relay' })),
  )
}

/** Matchers exclude each other, so that the order in which Caddy sorts blocks decides nothing. */
function relayBlock(services: readonly Service[]): string[] {
  const places = placesOf(services)
  const relayed = places.filter(({ isRelayed }) => isRelayed).map(({ prefix }) => prefix)
  const paths = [...relayed.flatMap((prefix) => [prefix, `${prefix}/*`]), ...ownPaths]
  const checked = places
    .filter(({ prefix, isRelayed }) => !isRelayed && relayed.some((one) => isUnder(prefix, one)))
    .map(({ prefix }) => prefix)
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
  const path = (one: string) => `${quote(one)} ${quote(`${one}/*`)}`
  if (again.length === 0) return `not path ${path(prefix)}`
  return `not {\n\t\t\tpath ${path(prefix)}\n\t\t\tnot path ${again.map(path).join(' ')}\n\t\t}`
}

function checkedRoutes(services: readonly Service[]): Checked[] {
  const all = placesOf(services).map(({ prefix }) => prefix)
  return services.flatMap((service) => {
    const { upstream } = service
    if (upstream === null) return []
    return service.routes
      .filter(({ mode }) => mode === 'check')
      .map((route) => {
        const below = all.filter((one) => one !== route.prefix && isUnder(one, route.prefix))
        return { service, route, upstream, deeper: below }
      })
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
