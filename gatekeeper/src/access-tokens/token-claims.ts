import type { Reason } from '../model/reason.ts'
import { readClaim } from './claim-rules.ts'
import type { Claims } from './compact-token.ts'

/** What a token's claims are held against, at each use. */
export type ClaimTerms = {
  readonly audience: readonly string[]
  /** The claim that is compared with `audience`; `aud` where it is left out. */
  readonly audienceClaim?: string
  /** The claim that names the user of a token without `sub`; left out where `sub` must be there. */
  readonly userClaim?: string
  /** How far the clocks of issuer and gatekeeper may be apart. */
  readonly clockToleranceSeconds: number
}

/** Registered claims (RFC 7519 §4.1) of a token that holds good now. Instants are epoch ms. */
export type GoodClaims = {
  /** `sub`, or `CLAIM=VALUE` of a token that has none; no two holders have the same. */
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
  const toleranceMs = terms.clockToleranceSeconds * 1000
  const subject = readSubject(claims, terms.userClaim)
  if (findClaimFault(claims, terms) !== null || subject === null) return 'malformed-token'
  const { exp, nbf, iat, jti, client_id: clientId } = claims as Formed
  if (findAudienceFault(claims, terms) !== null) return 'token-audience'
  if (now >= exp * 1000 + toleranceMs) return 'token-expired'
  const begins = Math.max(...[nbf, iat].filter(isNumericDate), 0)
  if (now < begins * 1000 - toleranceMs) return 'token-not-yet-valid'
  return {
    subject,
    expiresAt: exp * 1000 + toleranceMs,
    issuedAt: isNumericDate(iat) ? iat * 1000 : null,
    tokenId: jti ?? null,
    clientId: clientId ?? null,
  }
}

/** Claims in which `findClaimFault` found nothing. */
type Formed = {
  readonly exp: number
  readonly nbf?: number
  readonly iat?: number
  readonly jti?: string
  readonly client_id?: string
}

/** A claim for which a token is refused, and what is wrong with it: for people at the machine. */
export type ClaimFault = { readonly claim: string; readonly what: string }

/** The claim by which these are no claims of an access token; null where all have their form. */
export function findClaimFault(claims: Claims, { userClaim }: ClaimTerms): ClaimFault | null {
  // A token without an end could never be got rid of; a text "1e9" or null is no number.
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
 * Why a token is for somebody else. Where `audienceClaim` names another claim, an `aud` beside it
 * still has to name us: a token that says for whom it is, is for nobody else (RFC 7519 §4.1.3).
 */
export function findAudienceFault(claims: Claims, terms: ClaimTerms): ClaimFault | null {
  const { audience, audienceClaim = 'aud' } = terms
  const wanted = `contains none of \`audience\` (${audience.join(', ')})`
  if (!isForUs(readClaim(claims, audienceClaim), audience)) {
    return { claim: audienceClaim, what: wanted }
  }
  const { aud } = claims
  return aud === undefined || isForUs(aud, audience) ? null : { claim: 'aud', what: wanted }
}

const userCharsMax = 200

/**
 * By what the holder of a token is known. A token whose `sub` is missing or empty is known by the
 * user claim, as `CLAIM=VALUE`; a `sub` that looks like that, or like what it is then changed into,
 * gets `sub=` before it, so that nobody has the id of somebody else.
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

/** Seconds of the year 9999: what is beyond is an error of the issuer, or an attempt. */
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
