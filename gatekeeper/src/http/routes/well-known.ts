import { oauthPaths, resourceMetadata, serverMetadata } from '../../oauth/metadata.ts'
import type { Answer } from '../answer.ts'
import { jsonAnswer } from '../send.ts'

/** The documents that need no admission: everybody may know them. */
export type WellKnownDeps = {
  /** Our name as an issuer. */
  readonly issuer: string
  /** Public address of the house: `https://localhost:8443`. */
  readonly site: string
  readonly grantTypes: readonly string[]
  /** Issuers of others whose tokens are taken here; empty where there is none. */
  readonly foreignIssuers: readonly string[]
  readonly publicKeys: () => object
}

/** The document at a path, or null where there is none. */
export function wellKnownAnswer(path: string, deps: WellKnownDeps): Answer | null {
  const { issuer, site, grantTypes, foreignIssuers } = deps
  if (path === oauthPaths.keys) return cached(deps.publicKeys())
  if (path === oauthPaths.server) return cached(serverMetadata(issuer, grantTypes))
  // Clients that find this one go on to an issuer's login, and there is one only where one is set.
  if (foreignIssuers.length === 0) return null
  if (path !== oauthPaths.resource && !path.startsWith(`${oauthPaths.resource}/`)) return null
  const resource = path.slice(oauthPaths.resource.length)
  return cached(resourceMetadata(site, resource, foreignIssuers))
}

/** Short, so that a new key is known before it signs. */
function cached(value: object): Answer {
  const answer = jsonAnswer(200, value)
  return { ...answer, fields: { ...answer.fields, 'cache-control': 'public, max-age=300' } }
}
