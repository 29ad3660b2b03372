import type { Problem } from '../lib/problem.ts'
import { isOpaque } from '../model/kind.ts'
import type { PriceRow } from '../model/price.ts'
import type {
  MethodClasses,
  Point,
  QueueRules,
  Route,
  Service,
  Upstream,
} from '../model/service.ts'
import type { GatewayFile, ServiceEntry } from './gateway-schema.ts'
import { readPriceFile, toPriceRows } from './price-file.ts'
import { readCa } from './read-authority.ts'
import { readKeyFile } from './read-key-file.ts'
import type { Settings } from './read-settings.ts'
import type { ReportAt } from './report-at.ts'
import { resolveOrigins } from './resolve-origins.ts'
import { toPlace, type UpstreamUrl } from './upstream-url.ts'

type Deps = {
  readonly settings: Settings
  readonly reportAt: ReportAt
  readonly readSecret: (path: string) => string
}

/** Kinds with endpoint rows are relayed by default; opaque ones are checked. */
export function modeOf(entry: ServiceEntry, route: ServiceEntry['routes'][number]): Point {
  return route.mode ?? (isOpaque(entry.kind) ? 'check' : 'relay')
}

/**
 * Resolves the upstream of every service: from the environment first, then the file, then the
 * default address of its name. LiteLLM without an address has no relay routes. A service with only
 * check routes may have its address in a block of the Caddyfile instead.
 */
export function resolveServices(
  file: GatewayFile,
  deps: Deps,
): { services: Service[]; problems: Problem[]; warnings: Problem[] } {
  const problems: Problem[] = []
  const services = Object.entries(file.services).map(([name, entry]) => {
    const upstream = resolveUpstream(name, entry, { ...deps, problems })
    const routes = entry.routes.map((route) => toRoute(entry, route))
    const relayed = routes.filter((route) => route.mode === 'relay')
    if (upstream === null && relayed.length > 0 && name !== 'litellm') {
      problems.push(
        deps.reportAt(
          ['services', name],
          `${name} has a relay route but no upstream`,
          'Add upstream: {url: http://HOST:PORT}.',
        ),
      )
    }
    const { slots: _slots, queue: _queue, pricesFile: _file, methods, ...members } = entry
    return {
      ...members,
      ...(methods && { methodClasses: toMethodClasses(methods) }),
      name,
      origins: entry.origins ?? resolveOrigins(file, deps.settings).usual,
      queue: toQueue(entry),
      prices: [...toPriceRows(entry.prices), ...readPrices(name, entry, { ...deps, problems })],
      upstream,
      // A server that closes a connection silently loses the next request on it. That request may
      // have been carried out, so it is never repeated.
      keepAlive: entry.keepAlive ?? entry.kind.keepsConnections === true,
      routes: upstream === null ? routes.filter((route) => route.mode === 'check') : routes,
    }
  })
  return { services, problems, warnings: unusedUrls(file, deps.settings) }
}

/** The same size as Ollama's own queue. */
const waitingUsual = 512

/** Without slots, no request waits. */
function toQueue({ kind, slots: given, queue }: ServiceEntry): QueueRules | null {
  const slots = given ?? kind.slots ?? 'unlimited'
  if (slots === 'unlimited') return null
  const waitingMax = queue?.waiting ?? waitingUsual
  return {
    slots,
    waitingMax,
    waitingPerKeyMax: queue?.waitingPerKey ?? Math.ceil(waitingMax / 2),
    longestWaitMs: (queue?.longestWaitSeconds ?? 120) * 1000,
  }
}

function readPrices(
  name: string,
  entry: ServiceEntry,
  deps: Deps & { problems: Problem[] },
): readonly PriceRow[] {
  const path = entry.pricesFile
  if (path === undefined) return []
  try {
    const { rows, problems } = readPriceFile(deps.readSecret(path), path)
    deps.problems.push(...problems)
    return rows
  } catch (error) {
    deps.problems.push(
      deps.reportAt(
        ['services', name, 'pricesFile'],
        `${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'not valid YAML'})`,
        'Make it readable for this user, or correct the path.',
      ),
    )
    return []
  }
}

function toMethodClasses(methods: NonNullable<ServiceEntry['methods']>): MethodClasses {
  const pairs = (['read', 'use', 'manage'] as const).flatMap((name) =>
    methods[name].map((method) => [method, name] as const),
  )
  return Object.fromEntries(pairs)
}

function toRoute(entry: ServiceEntry, route: ServiceEntry['routes'][number]): Route {
  return {
    ...(route.host && { host: route.host }),
    prefix: route.prefix,
    strip: route.strip && route.prefix !== '',
    mode: modeOf(entry, route),
    browser: route.browser ?? 'none',
    ...(route.credentialField && { credentialField: route.credentialField }),
  }
}

/** Default addresses of services with these names: the ports that they use. */
const usualUrls: Readonly<Record<string, string>> = {
  ollama: 'http://127.0.0.1:11434',
  tts: 'http://127.0.0.1:8880',
  whisper: 'http://127.0.0.1:9000',
  image: 'http://127.0.0.1:8188',
}

/** Addresses from the environment, for services with these names. */
function settingsUrls(settings: Settings): Readonly<Record<string, string | null>> {
  const { ollamaUrl, litellmUrl, ttsUrl, whisperUrl, imageUrl } = settings
  return {
    ollama: ollamaUrl,
    litellm: litellmUrl,
    tts: ttsUrl,
    whisper: whisperUrl,
    image: imageUrl,
  }
}

function resolveUpstream(
  name: string,
  entry: ServiceEntry,
  deps: Deps & { problems: Problem[] },
): Upstream | null {
  const { settings } = deps
  const at = ['services', name, 'upstream']
  const ca = readCa(entry.upstream?.tls?.ca, [...at, 'tls', 'ca'], deps)
  const ownKey = readKeyFile(entry.upstream?.keyFile, [...at, 'keyFile'], deps)
  const key = name === 'litellm' ? (settings.litellmMasterKey ?? ownKey) : ownKey
  reportLentKey(name, entry, { ...deps, hasKey: key !== null })
  const fromSettings = textOf(settingsUrls(settings), name)
  const place =
    fromSettings === null ? (entry.upstream?.url ?? usualPlace(name)) : toPlace(fromSettings)
  if (place === null) return null
  const { origin, basePath } = place
  if (ca !== null && origin.startsWith('http:')) {
    const what = `${name} has tls, but its address ${origin} is plain http`
    deps.problems.push(
      deps.reportAt([...at, 'tls'], what, 'Write https in the address, or remove tls.'),
    )
  }
  return { origin, ...(basePath !== '' && { basePath }), key, ...(ca !== null && { ca }) }
}

/** If both the caller's credential and ours are forwarded, the upstream chooses between them. */
function reportLentKey(
  name: string,
  entry: ServiceEntry,
  { hasKey, problems, reportAt }: Deps & { problems: Problem[]; hasKey: boolean },
): void {
  for (const [index, route] of entry.routes.entries()) {
    if (!hasKey || route.credentialField === undefined || modeOf(entry, route) !== 'relay') continue
    problems.push(
      reportAt(
        ['services', name, 'routes', index, 'credentialField'],
        `the gatekeeper sends its own key to ${name}, and credentialField would forward the caller's key as well`,
        'Remove credentialField, or the key of the upstream.',
      ),
    )
  }
}

/** Looks up a name from the file without inherited members. */
function textOf(texts: Readonly<Record<string, string | null>>, name: string): string | null {
  return Object.hasOwn(texts, name) ? (texts[name] ?? null) : null
}

function usualPlace(name: string): UpstreamUrl | null {
  const url = textOf(usualUrls, name)
  return url === null ? null : toPlace(url)
}

function unusedUrls(file: GatewayFile, settings: Settings): Problem[] {
  return Object.entries(settingsUrls(settings))
    .filter(
      ([name, url]) => url !== null && !isOfCompose(name, url) && file.services[name] === undefined,
    )
    .map(([name]) => ({
      source: `${name.toUpperCase()}_URL`,
      what: `is set, but gatekeeper.yaml has no service named ${name}`,
      remedy: 'Remove the variable, or add the service.',
    }))
}

/** docker-compose.yml always sets the addresses of the shipped check services. */
function isOfCompose(name: string, url: string): boolean {
  return url.startsWith(`http://${name}:`) && ['tts', 'whisper', 'image'].includes(name)
}
