/**
 * Everything that turns an access token into a principal: the issuers with their keys, one verifier
 * for each class, revocation, and the rules. One object, so that the service and `explain-token` get
 * the same answers.
 */
import type { Clock } from '../lib/clock.ts'
import type { Problem } from '../lib/problem.ts'
import type { Timers } from '../lib/timers.ts'
import type { Parent } from '../model/narrowing.ts'
import type { Principal } from '../model/principal.ts'
import type { Reason } from '../model/reason.ts'
import type { TokenClass } from '../model/token-class.ts'
import { createTokenVerifier, type TokenIssuer, type VerifiedToken } from './access-token.ts'
import { readScopes } from './claim-rules.ts'
import type { Claims } from './compact-token.ts'
import { openFileKeySource, type WatchedKeySource } from './file-jwk-set.ts'
import type { OwnIssuers } from './own-issuer.ts'
import { type FetchDocument, openRemoteKeySource } from './remote-jwk-set.ts'
import type { Revocations } from './revocation.ts'
import type { GoodClaims } from './token-claims.ts'
import {
  clientPrincipal,
  type ForeignIssuer,
  principalOfToken,
  type TokenPrincipalDeps,
} from './token-principal.ts'
import { parentOfToken } from './token-subject.ts'

/** A parsed entry of `issuers` in `gatekeeper.yaml`. */
export type IssuerEntry = ForeignIssuer &
  Omit<TokenIssuer, 'keys'> & {
    /** Path of a JWK Set, its address, or the issuer's own discovery document. */
    readonly keys: { readonly file: string } | { readonly url: string | null }
    readonly keepKeysMs: number
    /** Authorities of its server in PEM form; by default the public ones. */
    readonly ca?: string
  }

export type TokenAuthentication = {
  /** Refuses tokens of other classes. `at` is in epoch milliseconds; by default now. */
  readonly authenticate: (
    token: string,
    tokenClass: TokenClass,
    at?: number,
  ) => Promise<Principal | Reason>
  /** Returns the claims and the principal of a valid token; null if it is not of that class. */
  readonly inspect: (token: string, tokenClass: TokenClass) => Promise<InspectedToken | null>
  /** Judges the client with an id as its own access token would be judged at a route of a class. */
  readonly judgeClient: (id: string, tokenClass: TokenClass) => Principal | Reason
  readonly verify: (token: string, tokenClass: TokenClass) => Promise<VerifiedToken | Reason>
  /** Returns stale or missing parts: an issuer that is unreachable, an invalid file. */
  readonly problems: () => readonly Problem[]
  readonly close: () => void
}

/** A valid token; its principal is a reason if its parent is gone. */
type InspectedToken = GoodClaims & {
  readonly issuer: string
  readonly claims: Claims
  readonly scopes: readonly string[]
  readonly parent: Parent
  readonly principal: Principal | Reason
}

export type TokenAuthenticationDeps = Pick<
  TokenPrincipalDeps,
  'findClient' | 'findKey' | 'boundByMaker' | 'serviceNames'
> & {
  readonly entries: readonly IssuerEntry[]
  readonly own: OwnIssuers
  /** Returns the current principal of an app's user, who holds a token of the class bridge. */
  readonly findAppUser: (token: VerifiedToken) => Principal | Reason
  readonly revocations: Revocations
  readonly fetchDocument: FetchDocument
  readonly clock: Clock
  readonly timers?: Timers
  readonly log: { readonly warn: (fields: object, message: string) => void }
}

/** Begins to follow the keys of all issuers. Rejects with a ProblemsError if a file is invalid. */
export async function openTokenAuthentication(
  deps: TokenAuthenticationDeps,
): Promise<TokenAuthentication> {
  const { entries, own, revocations, clock } = deps
  const sources = await Promise.all(entries.map((entry) => openSource(entry, deps)))
  const foreign = entries.map((entry, at) => ({ ...entry, keys: sources[at] as WatchedKeySource }))
  // Tokens of other issuers count as ours of the class house, and as no other.
  const issuersOf = (tokenClass: TokenClass) =>
    tokenClass === 'house' ? [...own.ofClass('house'), ...foreign] : own.ofClass(tokenClass)
  const byName = new Map(entries.map((entry) => [entry.issuer, entry]))
  const { isRevoked } = revocations
  const createVerifier = (tokenClass: TokenClass) =>
    createTokenVerifier({ issuers: () => issuersOf(tokenClass), clock, isRevoked })
  const verifiers = {
    house: createVerifier('house'),
    bridge: createVerifier('bridge'),
    admin: createVerifier('admin'),
  }
  const principalOf = (verified: VerifiedToken, tokenClass: TokenClass) => {
    if (tokenClass === 'bridge') return deps.findAppUser(verified)
    return principalOfToken(verified, {
      ...deps,
      isOwn: own.has,
      foreign: (issuer) => byName.get(issuer) ?? null,
      isRevoked,
    })
  }
  return {
    verify: (token, tokenClass) => verifiers[tokenClass](token),
    authenticate: async (token, tokenClass, at) => {
      const verified = await verifiers[tokenClass](token, at)
      return typeof verified === 'string' ? verified : principalOf(verified, tokenClass)
    },
    inspect: async (text, tokenClass) => {
      const verified = await verifiers[tokenClass](text)
      if (typeof verified === 'string') return null
      const { issuer } = verified.issuer
      const { claims } = verified.token
      return {
        ...verified.claims,
        issuer,
        claims,
        scopes: readScopes(claims),
        parent: parentOfToken(verified, byName.get(issuer) ?? null),
        principal: principalOf(verified, tokenClass),
      }
    },
    judgeClient: (id, tokenClass) =>
      // A client's token is of the class house, and good at no route of another one.
      tokenClass === 'house'
        ? (clientPrincipal(id, { role: 'admin', expiresAt: null }, deps) ?? 'token-revoked')
        : 'token-type',
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
