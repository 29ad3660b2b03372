/** The discovery documents for clients (RFC 8414, RFC 9728). */

/** The paths of the endpoints, below the issuer's address. */
export const oauthPaths = {
  token: '/oauth/token',
  introspection: '/oauth/introspect',
  revocation: '/oauth/revoke',
  keys: '/.well-known/jwks.json',
  server: '/.well-known/oauth-authorization-server',
  resource: '/.well-known/oauth-protected-resource',
} as const

const authentication = ['client_secret_basic', 'client_secret_post']

/** The metadata of the authorization server (RFC 8414 §2). */
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
 * Returns the metadata of a resource with its authorization servers (RFC 9728 §2). `path` is that
 * of the resource; it follows the well-known part of the document's address (§3.1).
 */
export function resourceMetadata(site: string, path: string, issuers: readonly string[]) {
  return {
    resource: site + path,
    authorization_servers: issuers,
    bearer_methods_supported: ['header'],
  }
}
