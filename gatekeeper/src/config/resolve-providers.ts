/**
 * The providers as services: `/PROVIDER` stands for the origin of a provider's API, so that its own
 * client library works with that base URL.
 */
import { join } from 'node:path'
import { adapterRows, bridgePrefix, ollamaNames } from '../kinds/bridge/bridge.ts'
import { type ProviderKind, renameProvider } from '../kinds/providers/provider-kind.ts'
import { providers } from '../kinds/providers/providers.ts'
import { isUnder } from '../lib/net/path.ts'
import type { Problem } from '../lib/problem.ts'
import type { Route, Service } from '../model/service.ts'
import type { GatewayFile, ProviderEntry } from './gateway-schema.ts'
import { toPriceRows } from './price-file.ts'
import { readCa } from './read-authority.ts'
import { readKeyFile } from './read-key-file.ts'
import type { ProviderSettings, Settings } from './read-settings.ts'
import type { ReportAt } from './report-at.ts'
import { resolveOrigins } from './resolve-origins.ts'
import { reservedPrefixes } from './route-problems.ts'
import { toPlace } from './upstream-url.ts'

type Deps = {
  readonly settings: Settings
  readonly reportAt: ReportAt
  readonly readSecret: (path: string) => string
}

/**
 * Returns a service for each provider that has a key here or in the vault, or that the file lists.
 * If there is one, there are all known ones, so that a call of another says that it lacks a key.
 */
export function resolveProviders(
  file: GatewayFile,
  deps: Deps,
): { services: Service[]; problems: Problem[] } {
  const problems: Problem[] = []
  const inVault = namesInVault(deps)
  const isSet = ({ name }: ProviderKind) =>
    inVault.includes(name) ||
    file.providers[name] !== undefined ||
    deps.settings.providers[name]?.apiKey != null
  const isBridge = providers.some(isSet) || Object.keys(file.providers).length > 0
  const known = providers.filter(
    (kind) => isSet(kind) || (isBridge && takersOf(kind.name, file).length === 0),
  )
  const own = Object.entries(file.providers).flatMap(([name, { like, url = '' }]) => {
    const kind = providers.find((one) => one.name === like)
    return kind === undefined ? [] : [renameProvider(kind, name, url)]
  })
  const services = [...known, ...own].flatMap(
    (kind) => toService(kind, file, { ...deps, problems }) ?? [],
  )
  return { services, problems: [...problems, ...takenProblems(services, file, deps)] }
}

/** A provider's path must not belong to a service: a request would go to one of two places. */
function takenProblems(found: readonly Service[], file: GatewayFile, deps: Deps): Problem[] {
  return found.flatMap(({ name }) =>
    takersOf(name, file).map((owner) => {
      const what = `${owner} uses the name or path of the provider ${name}`
      const remedy = `Choose another one, or remove the provider: its key in the environment, or its entry under providers.`
      return deps.reportAt(['services', owner], what, remedy)
    }),
  )
}

/** Returns the services with the name or a path of a provider. */
function takersOf(name: string, { services }: GatewayFile): string[] {
  const paths = [`/${name}`, bridgePrefix(name)]
  return Object.entries(services)
    .filter(
      ([owner, { routes, aliases }]) =>
        // An alias would give keys of the service the provider's account.
        owner === name ||
        aliases.includes(name) ||
        routes.some(({ prefix }) => paths.some((path) => isUnder(prefix, path))),
    )
    .map(([owner]) => owner)
}

/** The vault's document is read whole when the vault opens, and then its problems are reported. */
export function namesInVault({
  settings,
  readSecret,
}: Pick<Deps, 'settings' | 'readSecret'>): string[] {
  try {
    const { providers: rows } = JSON.parse(readSecret(join(settings.keysDir, 'providers.json')))
    return Object.keys(rows)
  } catch {
    return []
  }
}

/**
 * Returns the address of every known provider, configured or not, by its name: scheme, host and port.
 */
export function originsOfProviders(
  file: GatewayFile,
  settings: Settings,
): Readonly<Record<string, string>> {
  const shipped = providers.map(({ name, provider }) => [name, provider.base] as const)
  const own = Object.entries(file.providers).map(([name, { url = '' }]) => [name, url] as const)
  return Object.fromEntries(
    [...own, ...shipped].flatMap(([name, base]) => {
      const place = placeOf(name, base, { file, settings })
      return place === null ? [] : [[name, place.origin]]
    }),
  )
}

function placeOf(
  name: string,
  base: string,
  { file, settings }: { readonly file: GatewayFile; readonly settings: Settings },
) {
  return toPlace(settings.providers[name]?.baseUrl ?? file.providers[name]?.url ?? base)
}

function toService(
  kind: ProviderKind,
  file: GatewayFile,
  deps: Deps & { problems: Problem[] },
): Service | null {
  const { name, provider } = kind
  const entry: ProviderEntry | undefined = file.providers[name]
  const set: ProviderSettings | undefined = deps.settings.providers[name]
  const { usual, allowNoOrigin } = resolveOrigins(file, deps.settings)
  const place = placeOf(name, provider.base, { file, settings: deps.settings })
  if (place === null) return null
  const shipped = toPlace(provider.base)
  const at = ['providers', name]
  const ca = readCa(entry?.tls?.ca, [...at, 'tls', 'ca'], deps)
  return {
    name,
    kind,
    aliases: [],
    routes: [
      ...[shipped?.basePath ?? '', ...(provider.otherVersions ?? [])].map((version) =>
        routeOf(`/${name}${version}`),
      ),
      { ...routeOf(bridgePrefix(name)), adapter: adapterRows },
    ],
    upstream: {
      ...place,
      key: set?.apiKey ?? readKeyFile(entry?.keyFile, [...at, 'keyFile'], deps),
      ...(ca !== null && { ca }),
    },
    timeouts: entry?.timeouts ?? timeoutsUsual,
    keepAlive: true,
    anonymous: false,
    // Users of apps hold tokens of this class; people and programs call with an API key.
    tokenClass: 'bridge',
    origins: entry?.origins ?? usual,
    ...(!allowNoOrigin && { needsOrigin: true as const }),
    webSockets: [],
    limits: entry?.limits ?? [],
    perAddress: entry?.perAddress ?? [],
    queue: null,
    prices: toPriceRows(entry?.prices ?? {}),
  }
}

/** 10 minutes for a whole answer, 60 s until a stream begins, 10 minutes between its events. */
const timeoutsUsual = {
  connectSeconds: 10,
  headersSeconds: 600,
  streamHeadersSeconds: 60,
  idleSeconds: 600,
}

/** The version stays in the public path, as the provider's client library writes it. */
function routeOf(prefix: string): Route {
  return { prefix, strip: true, mode: 'relay', browser: 'none' }
}

/** The gatekeeper's own words, and what Ollama has below `/api`. */
const reservedNames = [
  ...['gatekeeper', 'control', 'domain-chat', 'split-key', 'v1', 'api'],
  ...ollamaNames,
]

/** What can be wrong with `providers`. */
export function providerProblems(file: GatewayFile, reportAt: ReportAt): Problem[] {
  return Object.entries(file.providers).flatMap(([name, entry]) => {
    const at = ['providers', name]
    const isShipped = providers.some((kind) => kind.name === name)
    const problems: Problem[] = []
    const report = (what: string, remedy: string, member: string[] = []) =>
      problems.push(reportAt([...at, ...member], what, remedy))
    if (reservedNames.includes(name) || reservedPrefixes.includes(`/${name}`)) {
      report(`${name} is a reserved name`, 'Choose another name.')
    }
    if (!isShipped && entry.like === undefined) {
      const names = providers.map((kind) => kind.name).join(', ')
      report(
        `${name} is not a provider that Gatekeeper knows`,
        `Known ones are ${names}. For another one write like: openai and its url.`,
      )
    }
    if (isShipped && entry.like !== undefined) {
      report(`${name} is a known provider and needs no like`, 'Remove like.', ['like'])
    }
    if (!isShipped && entry.url === undefined) {
      report(`${name} has no address`, 'Write url: https://api.example.com/v1.')
    }
    return problems
  })
}
