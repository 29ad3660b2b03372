import type { Reason } from '../model/reason.ts'
import { readClaim } from './claim-rules.ts'
import type { Claims } from './compact-token.ts'

/** The terms that a token's claims must meet, at each use. */
export type ClaimTerms = {
  readonly audience: readonly string[]
  /** Whether `aud` must be one text, as in every token of ours: a list could name two classes. */
  readonly hasOneAudience?: true
  /** The claim that is compared with `audience`; by default `aud`. */
  readonly audienceClaim?: string
  /**
   * The claim that names the user of a token without `sub`; if it is missing, `sub` is required.
   */
  readonly userClaim?: string
  /** How much the clocks of issuer and gatekeeper may differ. */
  readonly clockToleranceSeconds: number
}

/** Registered claims (RFC 7519 §4.1) of a token that is valid now. Instants are epoch ms. */
export type GoodClaims = {
  /** `sub`, or `CLAIM=VALUE` for a token without one; unique for each holder. */
  readonly subject: string
  readonly expiresAt: number
  readonly issuedAt: number | null
  readonly tokenId: string | null
  readonly clientId: string | null
}

/** Identifies a token for revocation. `issuedAt` is in epoch milliseconds. */
export type TokenIdentity = Pick<GoodClaims, 'tokenId' | 'clientId' | 'issuedAt'> & {
  readonly issuer: string
}

/** Judges time and audience at an instant (epoch milliseconds); returns a reason or the claims. */
export function judgeClaims(claims: Claims, terms: ClaimTerms, now: number): GoodClaims | Reason {
  const toleranceMs = terms.clockToleranceSeconds * 1000
  const subject = readSubject(claims, terms.userClaim)
  if (findClaimFault(claims, terms) !== null || subject === null) return 'malformed-token'
  const { exp, nbf, iat, jti, client_id: clientId } = claims as Formed
  if (findAudienceFault(claims, terms) !== null) return 'token-audience'
  if (now >= exp * 1000 + toleranceMs) return 'token-expired'
  const begins = Math.max(...[nbf, iat].filter(isNumericDate), 0)
  if (now < Math.round(begins * 1000) - toleranceMs) return 'token-not-yet-valid'
  return {
    subject,
    expiresAt: exp * 1000 + toleranceMs,
    issuedAt: isNumericDate(iat) ? Math.round(iat * 1000) : null,
    tokenId: jti ?? null,
    clientId: clientId ?? null,
  }
}

/** Claims in which `findClaimFault` found no fault. */
type Formed = {
  readonly exp: number
  readonly nbf?: number
  readonly iat?: number
  readonly jti?: string
  readonly client_id?: string
}

/** The claim for which a token is refused, and its fault: for the operator. */
export type ClaimFault = { readonly claim: string; readonly what: string }

/** Returns the claim that is missing or malformed for an access token; null if there is none. */
export function findClaimFault(claims: Claims, { userClaim }: ClaimTerms): ClaimFault | null {
  // A token without an expiry could never be invalidated; a string "1e9" or null is not a number.
  if (!isNumericDate(claims['exp'])) {
    return { claim: 'exp', what: 'is required and must be a number of seconds since 1970' }
  }
  const instant = ['nbf', 'iat'].find((name) => !isAbsentOr(isNumericDate, claims[name]))
  if (instant !== undefined)
    return { claim: instant, what: 'is not a number of seconds since 1970' }
  const name = ['jti', 'client_id'].find((claim) => !isAbsentOr(isText, claims[claim]))
  if (name !== undefined) return { claim: name, what: textRule }
  if (readSubject(claims, userClaim) !== null) return null
  if (!isMissing(claims['sub'])) return { claim: 'sub', what: textRule }
  return userClaim === undefined || userClaim === 'sub'
    ? {
        claim: 'sub',
        what: 'is missing or empty: name another claim, such as userClaim: common_name',
      }
    : {
        claim: userClaim,
        what: `must name the user, since \`sub\` is missing or empty: ${textRule}`,
      }
}

/**
 * Returns why a token is for another audience. If `audienceClaim` names another claim, an `aud`
 * beside it must still name us: a token with an audience is for nobody else (RFC 7519 §4.1.3).
 */
export function findAudienceFault(claims: Claims, terms: ClaimTerms): ClaimFault | null {
  const { audience, audienceClaim = 'aud' } = terms
  const wanted = `contains none of \`audience\` (${audience.join(', ')})`
  if (terms.hasOneAudience && typeof claims['aud'] !== 'string') {
    return { claim: 'aud', what: 'must be one text' }
  }
  if (!isForUs(readClaim(claims, audienceClaim), audience)) {
    return { claim: audienceClaim, what: wanted }
  }
  const { aud } = claims
  return aud === undefined || isForUs(aud, audience) ? null : { claim: 'aud', what: wanted }
}

const userCharsMax = 200

/**
 * Returns the id of the holder of a token. If `sub` is missing or empty, it is the user claim as
 * `CLAIM=VALUE`; a `sub` that looks like that, or like its escaped form, gets the prefix `sub=`, so
 * that two holders never share an id.
 */
function readSubject(claims: Claims, userClaim = 'sub'): string | null {
  const { sub } = claims
  if (userClaim === 'sub') return isText(sub) ? sub : null
  if (isText(sub)) {
    return [`${userClaim}=`, 'sub='].some((mark) => sub.startsWith(mark)) ? `sub=${sub}` : sub
  }
  const named = readClaim(claims, userClaim)
  const isNamed = isMissing(sub) && isText(named) && named.length <= userCharsMax
  return isNamed ? `${userClaim}=${named}` : null
}

const isMissing = (sub: unknown) => sub === undefined || sub === ''

/** Seconds of the year 9999: a later date is an error of the issuer, or an attack. */
const numericDateMax = 253_402_300_799

/** RFC 7519 §2: a JSON number, which may have a fraction. */
function isNumericDate(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= numericDateMax
}

const textCharsMax = 1024
const textRule =
  'must be a text without control characters, of at most 1,024 characters (200 for a user)'

function isText(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value !== '' &&
    value.length <= textCharsMax &&
    value.isWellFormed() &&
    !/\p{Cc}/u.test(value)
  )
}

function isAbsentOr(is: (value: unknown) => boolean, value: unknown): boolean {
  return value === undefined || is(value)
}

function isForUs(aud: unknown, audience: readonly string[]): boolean {
  const given = Array.isArray(aud) ? aud : [aud]
  if (!given.every((entry) => typeof entry === 'string')) return false
  return given.some((entry) => audience.includes(entry))
}
