/**
 * What Caddy must be told that follows from the names in GATEKEEPER_SITE. A launcher puts it into
 * Caddy's environment; in containers, where nobody launches Caddy, it reads the file made here.
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
  /** Names with a public certificate, on which browsers may be told to use HTTPS only. */
  readonly GATEKEEPER_PUBLIC_SITES: string
}

export function frontEnvironment({ sites }: Pick<Settings, 'sites'>): FrontEnvironment {
  return {
    GATEKEEPER_SITE: sites.map(toSiteAddress).join(', '),
    // Who sends no server name calls by address, and wants that certificate.
    GATEKEEPER_DEFAULT_SNI: sites.find((site) => isIP(site) !== 0) ?? sites[0] ?? 'localhost',
    GATEKEEPER_TLS: sites.every(isInternalName) ? 'tls internal' : '',
    GATEKEEPER_PUBLIC_SITES: sites.filter((site) => !isInternalName(site)).join(' ') || noName,
  }
}

/** A matcher of Caddy's needs a name; this one exists nowhere (RFC 6761). */
export const noName = 'none.invalid'

const internalSuffixes = '.localhost .local .lan .internal .home.arpa .home .test'.split(' ')

/** Whether no public authority gives a certificate for the name, so that Caddy's own CA must. */
export function isInternalName(site: string): boolean {
  const name = site.toLowerCase().replace(/^\*\./, '')
  if (isIP(name) !== 0 || !name.includes('.')) return true
  return internalSuffixes.some((suffix) => name.endsWith(suffix))
}

function toSiteAddress(site: string): string {
  return isIP(site) === 6 ? `[${site}]` : site
}

/** Writes `caddy/environment` in the state folder, for `caddy run --envfile`. Throws as `node:fs`. */
export function writeFrontEnvironment(settings: Pick<Settings, 'sites' | 'stateDir'>): void {
  const lines = Object.entries(frontEnvironment(settings)).map(
    ([name, value]) => `${name}="${value}"\n`,
  )
  replaceFile(join(settings.stateDir, 'caddy', 'environment'), lines.join(''))
}
