import { isVisibleAscii } from '../lib/fields.ts'
import type { Problem } from '../lib/problem.ts'
import type { PriceRow } from '../policy/price.ts'
import type {
  MethodClasses,
  Point,
  QueueRules,
  Route,
  Service,
  Upstream,
} from '../policy/service.ts'
import type { ReportAt } from './gateway-file.ts'
import type { GatewayFile, ServiceEntry } from './gateway-schema.ts'
import { readPriceFile, toPriceRows } from './price-file.ts'
import { readAuthority } from './read-authority.ts'
import type { Settings } from './read-settings.ts'

type Deps = {
  readonly settings: Settings
  readonly reportAt: ReportAt
  readonly readSecret: (path: string) => string
}

/** Kinds with endpoint rows are relayed unless a route says otherwise; opaque ones are checked. */
export function modeOf(entry: ServiceEntry, route: ServiceEntry['routes'][number]): Point {
  return route.mode ?? (entry.kind === 'http' ? 'check' : 'relay')
}

/**
 * Gives every service its upstream: the environment first, then the file, then Ollama's usual
 * address. LiteLLM without an address is left without relay routes: nothing to call, nothing to show.
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
          `${name} has a relay route and no upstream`,
          'Add upstream: {url: http://HOST:PORT}.',
        ),
      )
    }
    const { slots: _slots, queue: _queue, pricesFile: _file, methods, ...members } = entry
    return {
      ...members,
      ...(methods && { methodClasses: toMethodClasses(methods) }),
      name,
      queue: toQueue(entry),
      prices: [...toPriceRows(entry.prices), ...readPrices(name, entry, { ...deps, problems })],
      upstream,
      // Ollama says when it closes a connection. llama-server and others close it without a word, and
      // the next request on it is lost: whether it was carried out nobody knows, so none is repeated.
      keepAlive: entry.keepAlive ?? entry.kind === 'ollama',
      routes: upstream === null ? routes.filter((route) => route.mode === 'check') : routes,
    }
  })
  return { services, problems, warnings: unusedUrls(file, deps.settings) }
}

/** Ollama's own parallelism unless it is told another (`OLLAMA_NUM_PARALLEL`). */
const ollamaSlots = 1

/** Nobody waits where no slots are given, but for Ollama, whose own queue is fair to nobody. */
function toQueue({ kind, slots: given, queue }: ServiceEntry): QueueRules | null {
  const slots = given ?? (kind === 'ollama' ? ollamaSlots : 'unlimited')
  if (slots === 'unlimited') return null
  return {
    slots,
    waitingMax: queue?.waiting ?? 100,
    waitingPerKeyMax: queue?.waitingPerKey ?? 20,
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
        `${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'no YAML'})`,
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
    prefix: route.prefix,
    strip: route.strip,
    mode: modeOf(entry, route),
    browser: route.browser ?? 'none',
    ...(route.credentialField && { credentialField: route.credentialField }),
  }
}

function resolveUpstream(
  name: string,
  entry: ServiceEntry,
  deps: Deps & { problems: Problem[] },
): Upstream | null {
  // Read in any case: Caddy trusts the same file at check routes.
  const ca = readCa(name, entry, deps)
  if (entry.routes.every((route) => modeOf(entry, route) === 'check')) return null
  const { ollamaUrl, litellmUrl, litellmMasterKey } = deps.settings
  const fromSettings = new Map(Object.entries({ ollama: ollamaUrl, litellm: litellmUrl })).get(name)
  const fallback = name === 'ollama' ? 'http://127.0.0.1:11434' : null
  const url = fromSettings ?? entry.upstream?.url ?? fallback
  const ownKey = readKey(name, entry, deps)
  const key = name === 'litellm' ? (litellmMasterKey ?? ownKey) : ownKey
  if (url === null) return null
  const { origin, protocol } = new URL(url)
  if (ca !== null && protocol === 'http:') {
    const at = ['services', name, 'upstream', 'tls']
    const what = `${name} has tls, and its address ${origin} is plain http`
    deps.problems.push(deps.reportAt(at, what, 'Write https in the address, or remove tls.'))
  }
  reportLentKey(name, entry, { ...deps, hasKey: key !== null })
  return { origin, key, ...(ca !== null && { ca }) }
}

function readCa(
  name: string,
  entry: ServiceEntry,
  deps: Deps & { problems: Problem[] },
): string | null {
  const path = entry.upstream?.tls?.ca
  if (path === undefined) return null
  const read = readAuthority(path, ['services', name, 'upstream', 'tls', 'ca'], deps)
  if ('ca' in read) return read.ca
  deps.problems.push(read.problem)
  return null
}

/** A caller's own credential beside ours would be the upstream's choice of the two. */
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
        `${name} gets a key of ours, and credentialField would let a caller's own key through beside it`,
        'Remove credentialField, or the key of the upstream.',
      ),
    )
  }
}

function readKey(
  name: string,
  entry: ServiceEntry,
  deps: Deps & { problems: Problem[] },
): string | null {
  const path = entry.upstream?.keyFile
  if (path === undefined) return null
  try {
    const key = deps.readSecret(path).trim()
    if (isVisibleAscii(key)) return key
    deps.problems.push(
      deps.reportAt(
        ['services', name, 'upstream', 'keyFile'],
        `${path} does not hold one key`,
        'Write the key into it as one line.',
      ),
    )
  } catch (error) {
    deps.problems.push(
      deps.reportAt(
        ['services', name, 'upstream', 'keyFile'],
        `${path} cannot be read (${(error as NodeJS.ErrnoException).code})`,
        'Make it readable for this user, or correct the path.',
      ),
    )
  }
  return null
}

function unusedUrls(file: GatewayFile, settings: Settings): Problem[] {
  const urls = { ollama: settings.ollamaUrl, litellm: settings.litellmUrl }
  return Object.entries(urls)
    .filter(([name, url]) => url !== null && file.services[name] === undefined)
    .map(([name]) => ({
      source: `${name.toUpperCase()}_URL`,
      what: `is set, but gatekeeper.yaml has no service named ${name}`,
      remedy: 'Remove the variable, or add the service.',
    }))
}
