/**
 * Rewrites a service's references to its own addresses so that they are below its public prefix.
 * Caddy's regular expressions have no look-ahead, so each rule is a chain of steps: absolute
 * addresses become paths, an existing prefix is removed, then the prefix is added to all of them.
 */
import { isLoopback } from '../../lib/net/cidr.ts'
import { quoteRaw } from './quote.ts'

/** The internal address of a service, and the names and prefix under which clients see it. */
export type Place = {
  /** Host of the upstream, in brackets if it is IPv6. */
  readonly host: string
  readonly basePath: string
  /** The prefix that the service does not see; null if it sees the whole path. */
  readonly prefix: string | null
  readonly sites: readonly string[]
}

/**
 * All at once: `//host` is another host, and browsers read a backslash as a slash and ignore tabs.
 */
const slashes = '[/\\\\][/\\\\\\t]*'

type Step = readonly [field: string, search: string, replacement: string]

/** `header_down` lines for `Location`, `Content-Location`, `Refresh` and `Set-Cookie`. */
export function placeBelow(place: Place): string[] {
  return [
    ...locationSteps('Location', place),
    ...locationSteps('Content-Location', place),
    ...refreshSteps(place),
    ...cookieSteps(place),
  ].map(([field, search, to]) => `header_down ${field} ${quoteRaw(search)} ${quoteRaw(to)}`)
}

function locationSteps(field: string, place: Place): Step[] {
  const start = `(?i)^(?:https?:)?[/\\\\][/\\\\](?:[^/\\\\?#@]*@)?${hostsOf(place)}\\.?(?::\\d*)?`
  return [
    [field, `${start}${slashes}`, '/'],
    [field, `${start}([?#].*)?$`, '/$1'],
    ...prefixesOf(place).flatMap((prefix): Step[] => [
      [field, `^${literal(prefix)}${slashes}`, '/'],
      [field, `^${literal(prefix)}([?#].*)?$`, '/$1'],
    ]),
    ...addedTo(place, (prefix): Step[] => [
      [field, '^/([^/\\\\].*)$', `${prefix}/$1`],
      [field, '^/$', `${prefix}/`],
    ]),
  ]
}

/** One that leads to another origin is dropped: services can use `Location`, which people see. */
function refreshSteps(place: Place): Step[] {
  const lead = `([^/]*[=;,\\s'"])`
  return [
    ['Refresh', `(?i)^.*(?:[a-z][a-z0-9+.-]*:|[/\\\\]\\s*[/\\\\]).*$`, ''],
    ...prefixesOf(place).map(
      (prefix): Step => ['Refresh', `^${lead}${literal(prefix)}(?:/|(['"]?)$)`, '$1/$2'],
    ),
    ...addedTo(place, (prefix): Step[] => [['Refresh', `^${lead}/`, `$1${prefix}/`]]),
  ]
}

function cookieSteps(place: Place): Step[] {
  const path = '(?i)(;\\s*path\\s*=\\s*)'
  return [
    ...prefixesOf(place).flatMap((prefix): Step[] => [
      ['Set-Cookie', `${path}${literal(prefix)}/`, '$1/'],
      ['Set-Cookie', `${path}${literal(prefix)}(\\s*(?:;|$))`, '$1/$2'],
    ]),
    ...addedTo(place, (prefix): Step[] => [['Set-Cookie', `${path}/`, `$1${prefix}/`]]),
  ]
}

/**
 * The prefixes that a service may write before its paths: the base path that we added, and the
 * prefix.
 */
function prefixesOf({ basePath, prefix }: Place): string[] {
  return [basePath, prefix ?? ''].filter((one) => one !== '')
}

function addedTo({ prefix }: Place, steps: (prefix: string) => Step[]): Step[] {
  return prefix === null ? [] : steps(prefix)
}

/** The service's own host on any port, all names of this machine if it is local, and our sites. */
function hostsOf({ host, sites }: Place): string {
  const own = isLoopback(host) ? ['localhost', '127.0.0.1', '0.0.0.0', '[::1]', '[::]'] : [host]
  const all = [...own, ...sites.map((site) => (site.includes(':') ? `[${site}]` : site))]
  const patterns = all.map((name) => literal(name).replace(/^\\\*/, '[^/\\\\?#:@]+'))
  return `(?:${[...new Set(patterns)].join('|')})`
}

function literal(text: string): string {
  return text.replace(/[.*+?^$()[\]|\\/-]/g, (sign) =>
    sign === '/' || sign === '-' ? sign : `\\${sign}`,
  )
}
