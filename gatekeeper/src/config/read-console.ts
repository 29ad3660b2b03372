/**
 * The console's own site and its passkeys. It is an origin of its own: services' pages share the
 * origin of everything under one host and port, and cookies do not know ports.
 */
import { isIP } from 'node:net'
import { type Report, readAddress, readPort, readSites } from './read-values.ts'
import type { SettingName } from './settings.ts'

export type ConsoleSite = {
  /** A host name or an address. */
  readonly site: string
  readonly port: number
  /** Where Caddy listens for it. */
  readonly bind: string
  /** `https://console.localhost:8444`; without the port if it is the default. */
  readonly origin: string
  /** The relying party of passkeys: the site's name, or a parent domain of it. */
  readonly rpId: string
  readonly rpName: string
  /** False on a bare address: browsers make passkeys for names only. */
  readonly isPasskeyPossible: boolean
}

type Text = (name: SettingName) => string | null

/** Reads the settings of the console's site; reports each value that cannot be used. */
export function readConsole(text: Text, report: Report): ConsoleSite {
  const site = readSite(text('GATEKEEPER_CONSOLE_SITE') ?? '', report)
  const port = readPort('GATEKEEPER_CONSOLE_PORT', text('GATEKEEPER_CONSOLE_PORT') ?? '', report)
  const host = isIP(site) === 6 ? `[${site}]` : site
  return {
    ...{ site, port },
    bind: readAddress('GATEKEEPER_CONSOLE_BIND', text('GATEKEEPER_CONSOLE_BIND') ?? '', report),
    origin: `https://${host}${port === 443 ? '' : `:${port}`}`,
    rpId: readRpId(text('PASSKEY_RP_ID'), site, report),
    rpName: readRpName(text('PASSKEY_RP_NAME') ?? '', report),
    isPasskeyPossible: isIP(site) === 0,
  }
}

function readSite(text: string, report: Report): string {
  const sites = readSites('GATEKEEPER_CONSOLE_SITE', text, report)
  const [site = 'console.localhost'] = sites
  if (sites.length > 1 || site.startsWith('*.')) {
    const what = `is ${JSON.stringify(text)}, not one name or address`
    report('GATEKEEPER_CONSOLE_SITE', what, 'Name one, such as console.example.com.')
  }
  return site.toLowerCase()
}

function readRpId(text: string | null, site: string, report: Report): string {
  if (text === null) return site
  const id = text.toLowerCase()
  // Browsers refuse a parent without a dot: `localhost` is nobody's domain.
  const isParent = isIP(site) === 0 && id.includes('.') && site.endsWith(`.${id}`)
  if (id === site || isParent) return id
  const what = `is ${JSON.stringify(text)}, neither the name of the console (${site}) nor a parent domain of it`
  report('PASSKEY_RP_ID', what, 'Remove it, or name one of the two: browsers accept no other.')
  return site
}

const rpNameCharsMax = 64

function readRpName(text: string, report: Report): string {
  if (text.length <= rpNameCharsMax && !/\p{Cc}/u.test(text)) return text
  const what = `is longer than ${rpNameCharsMax} characters, or has control characters`
  report('PASSKEY_RP_NAME', what, 'Write the name that people see when they use a passkey.')
  return 'Gatekeeper'
}

type Services = {
  readonly sites: readonly string[]
  readonly httpsPort: number
  readonly httpPort: number
}

/** Reports a console that shares its name with services, or a port with them. */
export function checkConsole(console: ConsoleSite, services: Services, report: Report): void {
  const shared = services.sites.find((site) => isCoveredBy(console.site, site.toLowerCase()))
  if (shared !== undefined) {
    const what = `is ${console.site}, a name of the services too (GATEKEEPER_SITE has ${shared}): browsers send cookies to all ports of a name, so services would receive the operator's session`
    const remedy = 'Name one that no service has, such as console.localhost or console.example.com.'
    report('GATEKEEPER_CONSOLE_SITE', what, remedy)
  }
  const taken = [
    ['GATEKEEPER_HTTPS_PORT', services.httpsPort],
    ['GATEKEEPER_HTTP_PORT', services.httpPort],
  ] as const
  // Port 0 stands for a value that could not be read, which is reported separately.
  const [owner] = taken.find(([, port]) => port === console.port && port !== 0) ?? []
  if (owner !== undefined) {
    report('GATEKEEPER_CONSOLE_PORT', `is the same port as ${owner}`, 'Choose another one.')
  }
}

/** Whether a site of services answers under the name; `*.example.com` stands for one label. */
export function isCoveredBy(name: string, site: string): boolean {
  if (!site.startsWith('*.')) return name === site
  return name.slice(name.indexOf('.')) === site.slice(1) && name.includes('.')
}
