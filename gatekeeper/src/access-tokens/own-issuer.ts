import { atMostEvery } from '../lib/load/at-most-every.ts'
import { signingAlgorithms } from '../model/algorithm.ts'
import type { TokenIssuer } from './access-token.ts'
import { type KeySet, readKeySet } from './jwk-set.ts'

export type OwnIssuerDeps = {
  /** Returns the JWK Set that we publish; the same object until the keys change. */
  readonly publicSet: () => object
  readonly reload: () => Promise<void>
}

const refreshMs = 1_000

/** Returns our own authorization server as an issuer: its tokens are verified like all others. */
export function createOwnIssuer(issuer: string, deps: OwnIssuerDeps): TokenIssuer {
  let seen: object | null = null
  let text = ''
  let keySet: KeySet | null = null
  return {
    issuer,
    audience: [issuer],
    algorithms: signingAlgorithms,
    types: ['at+jwt'],
    clockToleranceSeconds: 0,
    keys: {
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
    },
  }
}
