/**
 * The values for Caddy that follow from the names in GATEKEEPER_SITE. A launcher puts them into
 * Caddy's environment; in containers, which have no launcher, Caddy reads the file written here.
 */
import { isIP } from 'node:net'
import { join } from 'node:path'
import { replaceFile } from './front-secrets.ts'
import type { Settings } from './read-settings.ts'

/** The part of the Caddyfile's environment that is derived: `a, b`, one name, a directive or ''. */
export type FrontEnvironment = {
  readonly GATEKEEPER_SITE: string
  readonly GATEKEEPER_DEFAULT_SNI: string
  readonly GATEKEEPER_TLS: string
  /** Names with a public certificate, for which browsers may be told to use HTTPS only. */
  readonly GATEKEEPER_PUBLIC_SITES: string
}

type Named = Pick<Settings, 'sites'> & { readonly console?: Pick<Settings['console'], 'site'> }

export function frontEnvironment({ sites, console }: Named): FrontEnvironment {
  const all = console === undefined ? sites : [...sites, console.site]
  return {
    GATEKEEPER_SITE: sites.map(toSiteAddress).join(', '),
    // A client without SNI calls by address, and needs the certificate of the address.
    GATEKEEPER_DEFAULT_SNI: all.find((site) => isIP(site) !== 0) ?? sites[0] ?? 'localhost',
    GATEKEEPER_TLS: sites.every(isInternalName) ? 'tls internal' : '',
    GATEKEEPER_PUBLIC_SITES: sites.filter((site) => !isInternalName(site)).join(' ') || noName,
  }
}

/** A Caddy matcher needs a name; this one never exists (RFC 6761). */
export const noName = 'none.invalid'

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
