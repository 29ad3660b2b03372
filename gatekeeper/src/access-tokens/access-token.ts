/**
 * Verifies access tokens (JWT, RFC 7519 and RFC 9068). What holds for one issuer never holds for
 * another: the token's `iss` only chooses which of our entries is asked, and everything else
 * (algorithms, keys, audience, type, rules) comes from that entry.
 */
import { type CryptoKey, compactVerify } from 'jose'
import { LRUCache } from 'lru-cache'
import type { Clock } from '../lib/clock.ts'
import { sha256 } from '../lib/constant-time.ts'
import type { Reason } from '../model/reason.ts'
import { type CompactToken, readCompactToken } from './compact-token.ts'
import type { Algorithm, KeySet } from './jwk-set.ts'
import {
  type ClaimTerms,
  type GoodClaims,
  judgeClaims,
  type TokenIdentity,
} from './token-claims.ts'

/** Where the keys of an issuer come from. */
export type KeySource = {
  /** The last good set; null where there never was one. */
  readonly current: () => KeySet | null
  /**
   * Looks for newer keys, if that may be asked again already. Never rejects; a token can make this
   * happen and must not be able to make it happen often, nor to say where.
   */
  readonly refresh: () => Promise<void>
}

/** An entry of `issuers` in `gatekeeper.yaml`, or our own authorization server. */
export type TokenIssuer = ClaimTerms & {
  /** Compared with `iss` to the letter. */
  readonly issuer: string
  readonly algorithms: readonly Algorithm[]
  /** Values of `typ` that are taken, in lower case and without `application/`. */
  readonly types: readonly string[]
  readonly keys: KeySource
}

/** A token that holds good now. */
export type VerifiedToken = {
  readonly issuer: TokenIssuer
  readonly token: CompactToken
  readonly claims: GoodClaims
}

/** Judges a token at an instant, in epoch milliseconds; now where it is left out. */
export type TokenVerifier = (text: string, at?: number) => Promise<VerifiedToken | Reason>

export type TokenVerifierDeps = {
  readonly issuers: () => readonly TokenIssuer[]
  readonly clock: Clock
  /** Asked at each use, after the signature: a revoked token is refused although it is cached. */
  readonly isRevoked: (token: TokenIdentity) => boolean
}

/** What is remembered of a token: that these keys signed it. Never that it may do something. */
type Remembered = { readonly token: CompactToken; readonly keySet: KeySet }

const rememberedMax = 10_000
/** Characters of all of them together: tokens may be long, and many. */
const rememberedCharsMax = 32 * 1024 * 1024

/** Makes a verifier with a cache of signatures, which expiry, revocation and policy never enter. */
export function createTokenVerifier(deps: TokenVerifierDeps): TokenVerifier {
  const cache = new LRUCache<string, Remembered>({
    max: rememberedMax,
    maxSize: rememberedCharsMax,
    sizeCalculation: ({ token }) => token.text.length,
  })
  return async (text, at = deps.clock()) => {
    // The whole token and nothing less: a part of it could be put under another signature.
    const digest = sha256(text).toString('hex')
    const known = cache.get(digest)
    const token = known?.token ?? readCompactToken(text)
    if (token === null) return 'malformed-token'
    const issuer = findIssuer(token, deps.issuers())
    if (typeof issuer === 'string') return issuer
    // Keys that were taken out of the set take their tokens with them, cached or not.
    if (known === undefined || known.keySet !== issuer.keys.current()) {
      const keySet = await verifySignature(token, issuer)
      if (typeof keySet === 'string') return keySet
      cache.set(digest, { token, keySet })
    }
    return judge({ issuer, token }, { isRevoked: deps.isRevoked, at })
  }
}

function judge(
  { issuer, token }: Omit<VerifiedToken, 'claims'>,
  { isRevoked, at }: Pick<TokenVerifierDeps, 'isRevoked'> & { readonly at: number },
): VerifiedToken | Reason {
  const claims = judgeClaims(token.claims, issuer, at)
  if (typeof claims === 'string') return claims
  const isGone = isRevoked({ issuer: issuer.issuer, ...claims })
  return isGone ? 'token-revoked' : { issuer, token, claims }
}

function findIssuer(token: CompactToken, issuers: readonly TokenIssuer[]): TokenIssuer | Reason {
  const { iss } = token.claims
  const found = issuers.find(({ issuer }) => issuer === iss)
  if (found === undefined) return 'unknown-issuer'
  // An ID token, a logout token or a JWT of some other trade is no access token (RFC 8725 §3.11).
  if (!found.types.includes(token.header.typ ?? 'none')) return 'token-type'
  return isAllowed(token, found) ? found : 'token-algorithm'
}

/** The entry says which algorithms there are; the token only says which of them it took. */
function isAllowed({ header }: CompactToken, { algorithms }: TokenIssuer): boolean {
  return (algorithms as readonly string[]).includes(header.alg)
}

/** The set whose key signed the token, or why none did. */
async function verifySignature(token: CompactToken, issuer: TokenIssuer): Promise<KeySet | Reason> {
  const { kid } = token.header
  const before = issuer.keys.current()
  if (before === null || (kid !== null && !before.has(kid))) await issuer.keys.refresh()
  const keySet = issuer.keys.current()
  if (keySet === null) return 'issuer-keys-unavailable'
  const isGood = await isSignedBy(keySet, token, issuer.algorithms)
  return isGood ? keySet : 'token-signature'
}

// A token without `kid` may have been signed by any key of its issuer; more is only work.
const candidatesMax = 4

/** Whether a key of the set signed exactly this text. */
export async function isSignedBy(
  keySet: KeySet,
  { text }: Pick<CompactToken, 'text'>,
  allowed: readonly Algorithm[],
): Promise<boolean> {
  const options = { algorithms: [...allowed] }
  try {
    await compactVerify(text, keySet.find, options)
    return true
  } catch (error) {
    const candidates = (error as Partial<AsyncIterable<CryptoKey>>)[Symbol.asyncIterator]
    if (candidates === undefined) return false
    return await isSignedByOne(error as AsyncIterable<CryptoKey>, text, options)
  }
}

async function isSignedByOne(
  keys: AsyncIterable<CryptoKey>,
  text: string,
  options: { algorithms: string[] },
): Promise<boolean> {
  let tried = 0
  for await (const key of keys) {
    const isGood = await compactVerify(text, key, options).then(
      () => true,
      () => false,
    )
    if (isGood) return true
    if (++tried === candidatesMax) break
  }
  return false
}
