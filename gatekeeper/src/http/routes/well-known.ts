import { oauthPaths, resourceMetadata, serverMetadata } from '../../oauth/metadata.ts'
import type { Answer } from '../answer.ts'
import { jsonAnswer } from '../send.ts'

/** What the documents need that everybody may read without admission. */
export type WellKnownDeps = {
  /** Our issuer identifier. */
  readonly issuer: string
  /** Public address of the gateway: `https://localhost:8443`. */
  readonly site: string
  readonly grantTypes: readonly string[]
  /** Other issuers whose tokens are accepted; empty if there are none. */
  readonly foreignIssuers: readonly string[]
  readonly publicKeys: () => object
}

/** Returns the document at a path, or null if there is none. */
export function wellKnownAnswer(path: string, deps: WellKnownDeps): Answer | null {
  const { issuer, site, grantTypes, foreignIssuers } = deps
  if (path === oauthPaths.keys) return cached(deps.publicKeys())
  if (path === oauthPaths.server) return cached(serverMetadata(issuer, grantTypes))
  // Clients that find this document then ask an issuer for a login, so there must be one.
  if (foreignIssuers.length === 0) return null
  if (path !== oauthPaths.resource && !path.startsWith(`${oauthPaths.resource}/`)) return null
  const resource = path.slice(oauthPaths.resource.length)
  return cached(resourceMetadata(site, resource, foreignIssuers))
}

/** Cached for a short time, so that clients know a new key before it signs. */
function cached(value: object): Answer {
  const answer = jsonAnswer(200, value)
  return { ...answer, fields: { ...answer.fields, 'cache-control': 'public, max-age=300' } }
}
