/**
 * The issuer of widget tokens that are signed with a secret (`JWT_SECRET`), which other programs may
 * have too. It is an issuer of its own: ours never takes a symmetric algorithm, for which a public
 * key could pass as the secret (RFC 8725 §2.1).
 */
import { createSecretKey } from 'node:crypto'
import { type CryptoKey, errors } from 'jose'
import { sharedAlgorithm } from '../model/algorithm.ts'
import { audienceOf, tokenClasses } from '../model/token-class.ts'
import { sharedIssuer } from '../model/widget.ts'
import type { TokenIssuer } from './access-token.ts'
import type { KeySet } from './jwk-set.ts'

/** `secrets` are those that verify, the current one first; `issuer` is our own name. */
export function createSharedIssuer(secrets: readonly string[], issuer: string): TokenIssuer {
  const keySet = createSecretSet(secrets)
  return {
    issuer: sharedIssuer,
    audience: [audienceOf('widget', issuer)],
    hasOneAudience: true,
    algorithms: [sharedAlgorithm],
    types: [tokenClasses.widget.type],
    clockToleranceSeconds: 0,
    keys: { current: () => keySet, refresh: () => Promise.resolve() },
  }
}

/** A token names no key, so each of the secrets is tried. */
function createSecretSet(secrets: readonly string[]): KeySet {
  const keys = secrets.map((secret) => createSecretKey(Buffer.from(secret, 'utf8')))
  const find = async () => {
    throw Object.assign(new errors.JWKSMultipleMatchingKeys(), {
      async *[Symbol.asyncIterator]() {
        yield* keys as unknown as CryptoKey[]
      },
    })
  }
  return { find: find as unknown as KeySet['find'], has: () => false, size: keys.length }
}
