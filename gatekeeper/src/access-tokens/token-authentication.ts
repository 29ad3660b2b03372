/**
 * Everything that an access token needs to become a principal: the issuers with their keys, the
 * verifier, revocation, and the rules. One object, so that the service and `explain-token` ask the
 * same question and get the same answer.
 */
import type { Clock } from '../lib/clock.ts'
import type { Problem } from '../lib/problem.ts'
import type { Timers } from '../lib/timers.ts'
import type { Parent } from '../model/narrowing.ts'
import type { Principal } from '../model/principal.ts'
import type { Reason } from '../model/reason.ts'
import { createTokenVerifier, type TokenIssuer, type VerifiedToken } from './access-token.ts'
import { readScopes } from './claim-rules.ts'
import type { Claims } from './compact-token.ts'
import { openFileKeySource, type WatchedKeySource } from './file-jwk-set.ts'
import { type FetchDocument, openRemoteKeySource } from './remote-jwk-set.ts'
import type { Revocations } from './revocation.ts'
import type { GoodClaims } from './token-claims.ts'
import { type ForeignIssuer, principalOfToken, type TokenPrincipalDeps } from './token-principal.ts'
import { parentOfToken } from './token-subject.ts'

/** An entry of `issuers` in `gatekeeper.yaml`, read. */
export type IssuerEntry = ForeignIssuer &
  Omit<TokenIssuer, 'keys'> & {
    /** Path of a JWK Set, address of one, or the issuer's own discovery document. */
    readonly keys: { readonly file: string } | { readonly url: string | null }
    readonly keepKeysMs: number
    /** Authorities of its server in PEM form; the public ones where it is left out. */
    readonly ca?: string
  }

export type TokenAuthentication = {
  /** `at` is now where it is left out, in epoch milliseconds. */
  readonly authenticate: (token: string, at?: number) => Promise<Principal | Reason>
  /** What a valid token says, and who holds it; null if it is not valid. */
  readonly inspect: (token: string) => Promise<InspectedToken | null>
  readonly verify: (token: string) => Promise<VerifiedToken | Reason>
  /** What is stale or missing: an issuer that is away, a broken file. */
  readonly problems: () => readonly Problem[]
  readonly close: () => void
}

/** A valid token; its principal is a reason if what it came from is gone. */
type InspectedToken = GoodClaims & {
  readonly issuer: string
  readonly claims: Claims
  readonly scopes: readonly string[]
  readonly parent: Parent
  readonly principal: Principal | Reason
}

export type TokenAuthenticationDeps = Pick<
  TokenPrincipalDeps,
  'findClient' | 'findKey' | 'serviceNames'
> & {
  readonly entries: readonly IssuerEntry[]
  /** Our own authorization server as an issuer; null where there is none. */
  readonly own: TokenIssuer | null
  readonly revocations: Revocations
  readonly fetchDocument: FetchDocument
  readonly clock: Clock
  readonly timers?: Timers
  readonly log: { readonly warn: (fields: object, message: string) => void }
}

/** Begins to follow the keys of all issuers. Rejects with a ProblemsError where a file is broken. */
export async function openTokenAuthentication(
  deps: TokenAuthenticationDeps,
): Promise<TokenAuthentication> {
  const { entries, own, revocations, clock } = deps
  const sources = await Promise.all(entries.map((entry) => openSource(entry, deps)))
  const foreign = entries.map((entry, at) => ({ ...entry, keys: sources[at] as WatchedKeySource }))
  const issuers: readonly TokenIssuer[] = own === null ? foreign : [own, ...foreign]
  const byName = new Map(entries.map((entry) => [entry.issuer, entry]))
  const verify = createTokenVerifier({
    issuers: () => issuers,
    clock,
    isRevoked: revocations.isRevoked,
  })
  const principalOf = (verified: VerifiedToken) =>
    principalOfToken(verified, {
      ...deps,
      ownIssuer: own?.issuer ?? null,
      foreign: (issuer) => byName.get(issuer) ?? null,
      isRevoked: revocations.isRevoked,
    })
  return {
    verify,
    authenticate: async (token, at) => {
      const verified = await verify(token, at)
      return typeof verified === 'string' ? verified : principalOf(verified)
    },
    inspect: async (text) => {
      const verified = await verify(text)
      if (typeof verified === 'string') return null
      const { issuer } = verified.issuer
      const { claims } = verified.token
      return {
        ...verified.claims,
        issuer,
        claims,
        scopes: readScopes(claims),
        parent: parentOfToken(verified, byName.get(issuer) ?? null),
        principal: principalOf(verified),
      }
    },
    problems: () => sources.flatMap((source) => source.problems()),
    close: () => {
      for (const source of sources) source.close()
    },
  }
}

async function openSource(
  { issuer, keys, keepKeysMs, ca }: IssuerEntry,
  deps: TokenAuthenticationDeps,
): Promise<WatchedKeySource> {
  if ('file' in keys) return await openFileKeySource(keys.file, deps)
  return openRemoteKeySource({ issuer, url: keys.url, keepMs: keepKeysMs, ca }, deps)
}
