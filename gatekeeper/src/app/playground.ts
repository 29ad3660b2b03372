/** What the playground needs from other rooms. */

import { ownIssuerName } from '../config/site-address.ts'
import { callRelay } from '../http/control/playground/call-relay.ts'
import type {
  ChatPlace,
  PlaygroundDeps,
  WantedToken,
} from '../http/control/playground/playground-deps.ts'
import { findEndpoint } from '../kinds/find-endpoint.ts'
import { isUnder } from '../lib/net/path.ts'
import type { Route, Service } from '../model/service.ts'
import { tokenClassOf } from '../model/service.ts'
import { defaultScopes } from '../oauth/client.ts'
import { grantExchange } from '../oauth/exchange-grant.ts'
import { issueToken } from '../oauth/issue-token.ts'
import type { FindRoute } from '../policy/route-table.ts'
import type { AppDeps } from './app-deps.ts'
import type { Opened } from './open-parts.ts'

/** The life of a token: it has to be admitted within this time. */
const ttlSeconds = 60

/** Returns what the playground works with. */
export function createPlayground(
  deps: AppDeps,
  opened: Pick<Opened, 'keys' | 'signing'>,
  {
    findRoute,
    watchDecision,
  }: Pick<PlaygroundDeps, 'watchDecision'> & {
    readonly findRoute: FindRoute
  },
): PlaygroundDeps {
  const { settings, services, secrets } = deps
  const host = settings.sites[0] ?? 'localhost'
  const places = services.flatMap((service) => placeOf(service, { host, findRoute }) ?? [])
  return {
    placesOf: (keyId) => {
      const principal = opened.keys.findById(keyId)
      if (typeof principal === 'string') return principal
      return places.filter(({ service }) => principal.services.includes(service))
    },
    mint: (wanted) => mint(wanted, deps, opened),
    callRelay: (call) => callRelay(call, { listen: settings.relayListen, edge: secrets.edge }),
    watchDecision,
  }
}

async function mint(
  { keyId, service, model }: WantedToken,
  { settings, clock }: AppDeps,
  { keys, signing }: Pick<Opened, 'keys' | 'signing'>,
): Promise<string | null> {
  const principal = keys.findById(keyId)
  const signer = signing.signer()
  if (typeof principal === 'string' || signer === null) return null
  const parameters = new Map([
    ['expires_in', String(ttlSeconds)],
    ['services', service],
    ...(model === null ? [] : [['models', model] as const]),
  ])
  const subject = { principal, parent: { kind: 'key', id: keyId }, scopes: defaultScopes } as const
  const granted = grantExchange(parameters, subject, { ttlSeconds, now: clock() })
  if ('error' in granted) return null
  const { token } = await issueToken(granted, { signer, issuer: ownIssuerName(settings), clock })
  return token
}

type Finding = { readonly host: string; readonly findRoute: FindRoute }

/** Returns where a service has chats in OpenAI's form; null if nowhere. */
function placeOf(service: Service, finding: Finding): ChatPlace | null {
  if (tokenClassOf(service) !== 'house' || service.kind.isOwn) return null
  const chats = service.kind.rows?.filter(
    ({ method, pattern }) => method === 'POST' && /^[^{*]*\/chat\/completions$/.test(pattern),
  )
  for (const { pattern } of chats ?? []) {
    for (const route of service.routes.filter(isUsual)) {
      const host = route.host ?? finding.host
      const find = (method: string, path: string) =>
        findPath({ service, route, method, path }, host, finding)
      const chatPath = find('POST', pattern)
      if (chatPath === null) continue
      const modelsPath = find('GET', pattern.replace('/chat/completions', '/models'))
      return { service: service.name, host, chatPath, modelsPath }
    }
  }
  return null
}

/** Relayed, with the endpoints of the kind, and with the credential where a token is looked for. */
function isUsual({ mode, adapter, credentialField }: Route): boolean {
  const isRead = credentialField === undefined || credentialField === 'authorization'
  return mode === 'relay' && adapter === undefined && isRead
}

type Sought = {
  readonly service: Service
  readonly route: Route
  readonly method: string
  readonly path: string
}

/** Returns the public path of an endpoint on a route; null if the route does not lead there. */
function findPath(
  { service, route, method, path }: Sought,
  host: string,
  { findRoute }: Finding,
): string | null {
  if (!route.strip && !isUnder(path, route.prefix)) return null
  const full = route.strip ? route.prefix + path : path
  const match = findRoute(full, host)
  const isSame = match?.service.name === service.name && match.route === route
  return isSame && findEndpoint(match.service, method, match.endpointPath) !== null ? full : null
}
