/**
 * Verifies access tokens (JWT, RFC 7519 and RFC 9068). The token's `iss` only selects an entry of
 * the configuration; everything else (algorithms, keys, audience, type, rules) comes from that
 * entry, so nothing of one issuer ever applies to another.
 */
import { type CryptoKey, compactVerify } from 'jose'
import { LRUCache } from 'lru-cache'
import type { Clock } from '../lib/clock.ts'
import { sha256 } from '../lib/constant-time.ts'
import type { Algorithm, SharedAlgorithm } from '../model/algorithm.ts'
import type { Reason } from '../model/reason.ts'
import { type CompactToken, readCompactToken } from './compact-token.ts'
import type { KeySet } from './jwk-set.ts'
import {
  type ClaimTerms,
  type GoodClaims,
  judgeClaims,
  type TokenIdentity,
} from './token-claims.ts'

/** The source of an issuer's keys. */
export type KeySource = {
  /** Returns the last valid set; null if there never was one. */
  readonly current: () => KeySet | null
  /**
   * Looks for newer keys, unless the last look-up is too recent. Never rejects. A token can trigger
   * this, so it must not decide how often it happens, nor the address.
   */
  readonly refresh: () => Promise<void>
}

/** An entry of `issuers` in `gatekeeper.yaml`, or our own authorization server. */
export type TokenIssuer = ClaimTerms & {
  /** Compared with `iss` exactly. */
  readonly issuer: string
  readonly algorithms: readonly (Algorithm | SharedAlgorithm)[]
  /** Accepted values of `typ`, in lower case and without `application/`. */
  readonly types: readonly string[]
  readonly keys: KeySource
}

/** A token that is valid now. */
export type VerifiedToken = {
  readonly issuer: TokenIssuer
  readonly token: CompactToken
  readonly claims: GoodClaims
}

/** Judges a token at an instant in epoch milliseconds; by default now. */
export type TokenVerifier = (text: string, at?: number) => Promise<VerifiedToken | Reason>

export type TokenVerifierDeps = {
  readonly issuers: () => readonly TokenIssuer[]
  readonly clock: Clock
  /**
   * Called at each use, after the signature check: a revoked token is refused even if it is cached.
   */
  readonly isRevoked: (token: TokenIdentity) => boolean
}

/** The cached fact about a token: these keys signed it. Never its rights. */
type Remembered = { readonly token: CompactToken; readonly keySet: KeySet }

const rememberedMax = 10_000
/** Characters of all cached tokens together, because tokens may be long. */
const rememberedCharsMax = 32 * 1024 * 1024

/**
 * Creates a verifier with a cache of signatures; expiry, revocation and policy are never cached.
 */
export function createTokenVerifier(deps: TokenVerifierDeps): TokenVerifier {
  const cache = new LRUCache<string, Remembered>({
    max: rememberedMax,
    maxSize: rememberedCharsMax,
    sizeCalculation: ({ token }) => token.text.length,
  })
  return async (text, at = deps.clock()) => {
    // The digest of the whole token: a part of it could be combined with another signature.
    const digest = sha256(text).toString('hex')
    const known = cache.get(digest)
    const token = known?.token ?? readCompactToken(text)
    if (token === null) return 'malformed-token'
    const issuer = findIssuer(token, deps.issuers())
    if (typeof issuer === 'string') return issuer
    // Tokens of keys that were removed from the set are invalid, cached or not.
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
  // An ID token, a logout token or another JWT is not an access token (RFC 8725 §3.11).
  if (!found.types.includes(token.header.typ ?? 'none')) return 'token-type'
  return isAllowed(token, found) ? found : 'token-algorithm'
}

/** The entry lists the algorithms; the token only says which of them it uses. */
function isAllowed({ header }: CompactToken, { algorithms }: TokenIssuer): boolean {
  return (algorithms as readonly string[]).includes(header.alg)
}

/** Returns the set whose key signed the token, or the reason why none did. */
async function verifySignature(token: CompactToken, issuer: TokenIssuer): Promise<KeySet | Reason> {
  const { kid } = token.header
  const before = issuer.keys.current()
  if (before === null || (kid !== null && !before.has(kid))) await issuer.keys.refresh()
  const keySet = issuer.keys.current()
  if (keySet === null) return 'issuer-keys-unavailable'
  const isGood = await isSignedBy(keySet, token, issuer.algorithms)
  return isGood ? keySet : 'token-signature'
}

// A token without `kid` may be signed by any key of its issuer; trying more of them only costs
// time.
const candidatesMax = 4

/** Returns whether a key of the set signed exactly this text. */
export async function isSignedBy(
  keySet: KeySet,
  { text }: Pick<CompactToken, 'text'>,
  allowed: readonly (Algorithm | SharedAlgorithm)[],
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
