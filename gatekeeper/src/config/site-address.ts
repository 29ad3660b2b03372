import type { Settings } from './read-settings.ts'

type Sites = Pick<Settings, 'sites' | 'httpsPort'>

/**
 * Returns the address for clients: `https://localhost:8443`; without the port if it is the default.
 */
export function siteAddress({ sites, httpsPort }: Sites): string {
  const name = sites[0] ?? 'localhost'
  const host = name.includes(':') ? `[${name}]` : name
  return `https://${host}${httpsPort === 443 ? '' : `:${httpsPort}`}`
}

/** Returns the issuer name of our tokens. */
export function ownIssuerName(settings: Sites & Pick<Settings, 'oauth'>): string {
  return settings.oauth.issuer ?? siteAddress(settings)
}
