/** The documents by which clients find their way (RFC 8414, RFC 9728). */

/** Where the endpoints are, under the issuer's own address. */
export const oauthPaths = {
  token: '/oauth/token',
  introspection: '/oauth/introspect',
  revocation: '/oauth/revoke',
  keys: '/.well-known/jwks.json',
  server: '/.well-known/oauth-authorization-server',
  resource: '/.well-known/oauth-protected-resource',
} as const

const authentication = ['client_secret_basic', 'client_secret_post']

/** What the authorization server can do (RFC 8414 §2). */
export function serverMetadata(issuer: string, grantTypes: readonly string[]) {
  return {
    issuer,
    token_endpoint: issuer + oauthPaths.token,
    jwks_uri: issuer + oauthPaths.keys,
    introspection_endpoint: issuer + oauthPaths.introspection,
    revocation_endpoint: issuer + oauthPaths.revocation,
    grant_types_supported: grantTypes,
    // There is no authorization endpoint, and the member is required.
    response_types_supported: [],
    token_endpoint_auth_methods_supported: authentication,
    introspection_endpoint_auth_methods_supported: authentication,
    revocation_endpoint_auth_methods_supported: authentication,
  }
}

/**
 * Whose tokens are taken at a resource (RFC 9728 §2). `path` is that of the resource; it stands
 * behind the well-known part of the document's address (§3.1).
 */
export function resourceMetadata(site: string, path: string, issuers: readonly string[]) {
  return {
    resource: site + path,
    authorization_servers: issuers,
    bearer_methods_supported: ['header'],
  }
}
