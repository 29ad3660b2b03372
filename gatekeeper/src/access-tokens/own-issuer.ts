import { atMostEvery } from '../lib/load/at-most-every.ts'
import { signingAlgorithms } from '../model/algorithm.ts'
import { audienceOf, type TokenClass, tokenClasses } from '../model/token-class.ts'
import type { KeySource, TokenIssuer } from './access-token.ts'
import { type KeySet, readKeySet } from './jwk-set.ts'

export type OwnIssuerDeps = {
  /** Returns the JWK Set that we publish; the same object until the keys change. */
  readonly publicSet: () => object
  readonly reload: () => Promise<void>
}

const refreshMs = 1_000

/** Our own authorization server, as issuers for each class of its tokens. */
export type OwnIssuers = {
  /** Returns whether a token with this name is one of ours. */
  readonly has: (issuer: string) => boolean
  /** Returns an issuer for each name that our tokens have now. */
  readonly ofClass: (tokenClass: TokenClass) => readonly TokenIssuer[]
}

/**
 * Returns our own authorization server as issuers: its tokens are verified like all others. `names`
 * gives the names that they have now; all are signed by the same keys.
 */
export function createOwnIssuers(names: () => readonly string[], deps: OwnIssuerDeps): OwnIssuers {
  const keys = createOwnKeys(deps)
  const made = new Map<string, TokenIssuer>()
  const issuerOf = (issuer: string, tokenClass: TokenClass) => {
    const name = `${tokenClass} ${issuer}`
    const known = made.get(name) ?? create(issuer, tokenClass)
    made.set(name, known)
    return known
  }
  const create = (issuer: string, tokenClass: TokenClass): TokenIssuer => ({
    issuer,
    audience: [audienceOf(tokenClass, issuer)],
    hasOneAudience: true,
    algorithms: signingAlgorithms,
    types: [tokenClasses[tokenClass].type],
    clockToleranceSeconds: 0,
    keys,
  })
  return {
    has: (issuer) => names().includes(issuer),
    ofClass: (tokenClass) => names().map((issuer) => issuerOf(issuer, tokenClass)),
  }
}

function createOwnKeys(deps: OwnIssuerDeps): KeySource {
  let seen: object | null = null
  let text = ''
  let keySet: KeySet | null = null
  return {
    // The same keys keep the same object, so cached signatures stay valid.
    current: () => {
      const published = deps.publicSet()
      if (published === seen) return keySet
      seen = published
      const current = JSON.stringify(published)
      if (current === text) return keySet
      const read = readKeySet(current)
      text = current
      keySet = 'problem' in read ? null : read.keySet
      return keySet
    },
    // Tokens with invented keys must not cause constant file reads.
    refresh: atMostEvery(refreshMs, deps.reload),
  }
}
