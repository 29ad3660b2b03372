/** Converts the text of a setting to a value. Problems are reported, never thrown. */
import { isIP } from 'node:net'
import { isWebOrigin } from '../model/origin.ts'
import { isUpstreamUrl, parseUpstreamUrl } from './upstream-url.ts'

/** Reports a problem of the setting `name`. */
export type Report = (name: string, what: string, remedy: string) => void

export function readPort(name: string, text: string, report: Report): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0
  if (port >= 1 && port <= 65535) return port
  report(
    name,
    `is ${JSON.stringify(text)}, not a port number`,
    'Use a number from 1 to 65535, such as 8443.',
  )
  return 0
}

export function readAddress(name: string, text: string, report: Report): string {
  if (isIP(text) === 0) {
    report(name, `is ${JSON.stringify(text)}, not an IP address`, 'Use one such as 127.0.0.1.')
  }
  return text
}

export function readSites(name: string, text: string, report: Report): string[] {
  // Brackets belong to an IPv6 address in a URL; here they are allowed and ignored.
  const sites = text
    .split(/[\s,]+/)
    .map((site) => site.replace(/^\[([0-9A-Fa-f:.]+)\]$/, '$1'))
    .filter((site) => site !== '')
  // A port, path or scheme here would become another listener in the Caddyfile.
  const isName = (site: string) =>
    isIP(site) !== 0 ||
    /^(?:\*\.)?(?:(?!-)[A-Za-z0-9-]{1,63}(?<!-)\.)*(?!-)[A-Za-z0-9-]{1,63}(?<!-)$/.test(site)
  for (const site of sites.filter((candidate) => !isName(candidate))) {
    report(
      name,
      `has ${JSON.stringify(site)}, not a host name or an address`,
      'Leave out scheme, port and path: localhost, ai.example.com, 192.168.1.20.',
    )
  }
  if (sites.length === 0) report(name, 'does not name a site', 'Set it to localhost, for example.')
  return sites
}

/** Reads the address of a service with an optional path; no slash at its end. */
export function readUpstream(name: string, text: string | null, report: Report): string | null {
  if (text === null) return null
  const read = parseUpstreamUrl(text)
  if (isUpstreamUrl(read)) return read.origin + read.basePath
  report(name, read.what, read.remedy)
  return null
}

export function readUrl(name: string, text: string | null, report: Report): string | null {
  if (text === null) return null
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !['http:', 'https:'].includes(url.protocol) || url.hostname === '') {
    report(name, 'is not an http:// or https:// URL', 'Write it like http://127.0.0.1:11434.')
    return null
  }
  if (url.username !== '' || url.password !== '') {
    report(
      name,
      'contains a user name or password',
      'Remove them from the URL; secrets have their own settings.',
    )
    return null
  }
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    report(name, 'has a path or query', `Leave only scheme, host and port: ${url.origin}.`)
    return null
  }
  return url.origin
}

const logLevels = ['error', 'warn', 'info', 'debug'] as const
export type LogLevel = (typeof logLevels)[number]

export function readLogLevel(name: string, text: string, report: Report): LogLevel {
  const level = logLevels.find((one) => one === text.toLowerCase())
  if (level === undefined) {
    report(name, `is ${JSON.stringify(text)}`, `Use ${logLevels.join(', ')}.`)
  }
  return level ?? 'info'
}

/** Reads a list of web origins; null if it is not set, and empty for `none`. */
export function readOrigins(
  name: string,
  text: string | null,
  report: Report,
): readonly string[] | null {
  if (text === null) return null
  if (text === 'none') return []
  const origins = text.split(/[\s,]+/).filter((origin) => origin !== '')
  for (const origin of origins.filter((one) => !isWebOrigin(one))) {
    const remedy =
      origin === '*'
        ? 'Name the origins: every page on the web would be let in.'
        : 'Write scheme, host and port alone, such as https://app.example, with commas between.'
    report(name, `has ${JSON.stringify(origin)}, which is not a web origin`, remedy)
  }
  return origins
}

/** Reads `true` or `false`; null if it is not set. */
export function readTruth(name: string, text: string | null, report: Report): boolean | null {
  if (text === null) return null
  const value = /^(?:true|1)$/i.test(text)
  if (!value && !/^(?:false|0)$/i.test(text)) {
    report(name, `is ${JSON.stringify(text)}`, 'Use true or false.')
  }
  return value
}

export function readSwitch(name: string, text: string | null, report: Report): boolean {
  if (text !== 'on' && text !== 'off') report(name, `is ${JSON.stringify(text)}`, 'Use on or off.')
  return text !== 'off'
}

export function readFlag(name: string, text: string | null, report: Report): boolean {
  if (text === null || text === '0') return false
  if (text !== '1') report(name, `is ${JSON.stringify(text)}`, 'Use 1, or leave it unset.')
  return true
}
