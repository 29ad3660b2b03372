/** Error codes of the token endpoint (RFC 6749 §5.2, RFC 8693 §2.2.2, RFC 7009 §2.2.1). */
export type OAuthErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_grant'
  | 'invalid_scope'
  | 'invalid_target'
  | 'unsupported_grant_type'
  | 'unsupported_token_type'
  | 'temporarily_unavailable'

/** Why an OAuth request is refused. `description` is public and fixed, or names a parameter. */
export type OAuthError = { readonly error: OAuthErrorCode; readonly description: string }

export function oauthError(error: OAuthErrorCode, description: string): OAuthError {
  return { error, description }
}

/**
 * One text for an unknown client and for a wrong secret: the answer does not reveal which clients
 * exist.
 */
export const invalidClient = oauthError('invalid_client', 'The client id or secret is not valid.')
