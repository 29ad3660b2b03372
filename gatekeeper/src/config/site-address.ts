import type { Settings } from './read-settings.ts'

type Sites = Pick<Settings, 'sites' | 'httpsPort'>

/** Where clients call: `https://localhost:8443`; the port is left out where it is the usual one. */
export function siteAddress({ sites, httpsPort }: Sites): string {
  const name = sites[0] ?? 'localhost'
  const host = name.includes(':') ? `[${name}]` : name
  return `https://${host}${httpsPort === 443 ? '' : `:${httpsPort}`}`
}

/** Our name as an issuer of tokens. */
export function ownIssuerName(settings: Sites & Pick<Settings, 'oauth'>): string {
  return settings.oauth.issuer ?? siteAddress(settings)
}
