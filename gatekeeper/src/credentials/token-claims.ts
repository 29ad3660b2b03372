import type { Reason } from '../policy/reason.ts'
import type { Claims } from './compact-token.ts'

/** What a token's claims are held against, at each use. */
export type ClaimTerms = {
  readonly audience: readonly string[]
  /** How far the clocks of issuer and gatekeeper may be apart. */
  readonly clockToleranceSeconds: number
}

/** Registered claims (RFC 7519 §4.1) of a token that holds good now. Instants are epoch ms. */
export type GoodClaims = {
  readonly subject: string
  readonly expiresAt: number
  readonly issuedAt: number | null
  readonly tokenId: string | null
  readonly clientId: string | null
}

/** By what a token is known where it is revoked. `issuedAt` is in epoch milliseconds. */
export type TokenIdentity = Pick<GoodClaims, 'tokenId' | 'clientId' | 'issuedAt'> & {
  readonly issuer: string
}

/** Judges time and audience at an instant (epoch milliseconds); why not, or what they say. */
export function judgeClaims(claims: Claims, terms: ClaimTerms, now: number): GoodClaims | Reason {
  const { exp, nbf, iat, sub, jti, client_id: clientId } = claims
  const toleranceMs = terms.clockToleranceSeconds * 1000
  // A token without an end could never be got rid of; a text "1e9" or null is no number.
  if (!isNumericDate(exp)) return 'malformed-token'
  if ([nbf, iat].some((value) => value !== undefined && !isNumericDate(value))) {
    return 'malformed-token'
  }
  if (!isText(sub) || !isTextOrAbsent(jti) || !isTextOrAbsent(clientId)) return 'malformed-token'
  if (!isForUs(claims['aud'], terms.audience)) return 'token-audience'
  if (now >= exp * 1000 + toleranceMs) return 'token-expired'
  const begins = Math.max(...[nbf, iat].filter(isNumericDate), 0)
  if (now < begins * 1000 - toleranceMs) return 'token-not-yet-valid'
  return {
    subject: sub,
    expiresAt: exp * 1000 + toleranceMs,
    issuedAt: isNumericDate(iat) ? iat * 1000 : null,
    tokenId: jti ?? null,
    clientId: clientId ?? null,
  }
}

/** Seconds of the year 9999: what is beyond is an error of the issuer, or an attempt. */
const numericDateMax = 253_402_300_799

/** RFC 7519 §2: a JSON number, which may have a fraction. */
function isNumericDate(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= numericDateMax
}

const textCharsMax = 1024

function isText(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value !== '' &&
    value.length <= textCharsMax &&
    value.isWellFormed() &&
    !/\p{Cc}/u.test(value)
  )
}

function isTextOrAbsent(value: unknown): value is string | undefined {
  return value === undefined || isText(value)
}

function isForUs(aud: unknown, audience: readonly string[]): boolean {
  const given = Array.isArray(aud) ? aud : [aud]
  if (!given.every((entry) => typeof entry === 'string')) return false
  return given.some((entry) => audience.includes(entry))
}
