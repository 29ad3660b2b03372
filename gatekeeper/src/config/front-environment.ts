/**
 * The values for Caddy that follow from the names in GATEKEEPER_SITE. A launcher puts them into
 * Caddy's environment; in containers, which have no launcher, Caddy reads the file written here.
 */
import { isIP } from 'node:net'
import { join } from 'node:path'
import { replaceFile } from './front-secrets.ts'
import type { Platform } from './read-platform.ts'
import type { Settings } from './read-settings.ts'

/** The part of the Caddyfile's environment that is derived: `a, b`, one name, a directive or ''. */
export type FrontEnvironment = {
  readonly GATEKEEPER_SITE: string
  readonly GATEKEEPER_DEFAULT_SNI: string
  readonly GATEKEEPER_TLS: string
  /** Names with a public certificate, for which browsers may be told to use HTTPS only. */
  readonly GATEKEEPER_PUBLIC_SITES: string
  /** The addresses of the sites for unknown names and for plain HTTP. */
  readonly GATEKEEPER_STRANGERS: string
  readonly GATEKEEPER_REDIRECTS: string
  /** What the sites import where a platform ends TLS, and whom Caddy then trusts. */
  readonly GATEKEEPER_PLATFORM: string
  readonly GATEKEEPER_PROXIES: string
}

type Named = Pick<Settings, 'sites'> & {
  readonly console?: Pick<Settings['console'], 'site'>
  readonly platform?: Platform | null
}

export function frontEnvironment({ sites, console, platform = null }: Named): FrontEnvironment {
  if (platform !== null) return platformEnvironment(sites, platform)
  const all = console === undefined ? sites : [...sites, console.site]
  return {
    GATEKEEPER_SITE: sites.map(toSiteAddress).join(', '),
    // A client without SNI calls by address, and needs the certificate of the address.
    GATEKEEPER_DEFAULT_SNI: all.find((site) => isIP(site) !== 0) ?? sites[0] ?? 'localhost',
    GATEKEEPER_TLS: sites.every(isInternalName) ? 'tls internal' : '',
    GATEKEEPER_PUBLIC_SITES: sites.filter((site) => !isInternalName(site)).join(' ') || noName,
    GATEKEEPER_STRANGERS: 'https://',
    GATEKEEPER_REDIRECTS: 'http://',
    GATEKEEPER_PLATFORM: '',
    GATEKEEPER_PROXIES: '',
  }
}

/** The platform chooses the name, so one site serves all of them; the other two are not reached. */
function platformEnvironment(
  sites: readonly string[],
  { trustedProxies, addressField }: Platform,
): FrontEnvironment {
  return {
    GATEKEEPER_SITE: 'http://',
    GATEKEEPER_DEFAULT_SNI: sites[0] ?? 'localhost',
    GATEKEEPER_TLS: '',
    GATEKEEPER_PUBLIC_SITES: anyName,
    GATEKEEPER_STRANGERS: `http://strangers.${noName}`,
    GATEKEEPER_REDIRECTS: `http://redirects.${noName}`,
    GATEKEEPER_PLATFORM: 'import platform',
    GATEKEEPER_PROXIES: [
      `trusted_proxies static ${trustedProxies.join(' ')}`,
      'trusted_proxies_strict',
      `client_ip_headers ${addressField}`,
    ].join('\n'),
  }
}

/** A Caddy matcher needs a name; this one never exists (RFC 6761). */
export const noName = 'none.invalid'

/** Caddy matches names label by label, so each number of labels needs a pattern. */
export const anyName = [1, 2, 3, 4, 5, 6].map((count) => Array(count).fill('*').join('.')).join(' ')

const internalSuffixes = '.localhost .local .lan .internal .home.arpa .home .test'.split(' ')

/**
 * Returns whether no public authority issues certificates for the name, so that Caddy's own CA
 * must.
 */
export function isInternalName(site: string): boolean {
  const name = site.toLowerCase().replace(/^\*\./, '')
  if (isIP(name) !== 0 || !name.includes('.')) return true
  return internalSuffixes.some((suffix) => name.endsWith(suffix))
}

function toSiteAddress(site: string): string {
  return isIP(site) === 6 ? `[${site}]` : site
}

/**
 * Writes `caddy/environment` in the state folder, for `caddy run --envfile`. Throws as `node:fs`
 * does.
 */
export function writeFrontEnvironment(settings: Named & Pick<Settings, 'stateDir'>): void {
  const lines = Object.entries(frontEnvironment(settings)).map(
    ([name, value]) => `${name}="${value}"\n`,
  )
  replaceFile(join(settings.stateDir, 'caddy', 'environment'), lines.join(''))
}
