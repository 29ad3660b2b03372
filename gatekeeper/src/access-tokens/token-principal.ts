/**
 * Returns the principal of a verified token. The token itself says little: the rights of a client,
 * a key or a rule are looked up at each use, so that a change takes effect at once.
 */
import { createAddressTest } from '../lib/net/cidr.ts'
import { type Caps, noCaps } from '../model/caps.ts'
import { isIssuedBefore } from '../model/issued-before.ts'
import { type Limit, parseLimit } from '../model/limit.ts'
import type { Parent } from '../model/narrowing.ts'
import type { BoundByMaker } from '../model/person.ts'
import { lesserRole, type Principal, type Role, roles } from '../model/principal.ts'
import type { Reason } from '../model/reason.ts'
import type { VerifiedToken } from './access-token.ts'
import { type ClaimRule, findGrant, type Grant, readClaim } from './claim-rules.ts'
import type { Claims } from './compact-token.ts'
import type { TokenIdentity } from './token-claims.ts'
import { readNarrowing } from './token-narrowing.ts'

/** The current rights of a client. */
export type ClientGrant = Pick<Grant, 'role' | 'services' | 'models' | 'limits'> & {
  readonly addresses: readonly string[]
  /** The id of the person who made it. */
  readonly madeBy: string | null
  readonly team: string | null
  /** Tokens of before are those of an earlier client with the same id. */
  readonly createdAt?: number | null
}

/** The configuration for the holders of an issuer's tokens. */
export type ForeignIssuer = {
  readonly issuer: string
  /** The claim that names the user; if the token lacks it, `sub` does. */
  readonly userClaim: string
  readonly rules: readonly ClaimRule[]
}

export type TokenPrincipalDeps = {
  /** Whether a name is one of our own. */
  readonly isOwn: (issuer: string) => boolean
  readonly foreign: (issuer: string) => ForeignIssuer | null
  /** Returns an active client; null if there is none with this id. */
  readonly findClient: (id: string) => ClientGrant | null
  /** Returns the current state of the key. */
  readonly findKey: (id: string) => Principal | Reason
  readonly boundByMaker: BoundByMaker
  readonly isRevoked: (token: TokenIdentity) => boolean
  /** All services, for holders that may call every one. */
  readonly serviceNames: readonly string[]
}

/** Returns the principal of a token, or the reason why it has none. */
export function principalOfToken(
  { issuer, token, claims }: VerifiedToken,
  deps: TokenPrincipalDeps,
): Principal | Reason {
  const { subject, expiresAt, clientId, tokenId, issuedAt } = claims
  if (!deps.isOwn(issuer.issuer)) {
    return foreignPrincipal({ ...claims, issuer: issuer.issuer, claims: token.claims }, deps)
  }
  const role = readRole(token.claims['role'])
  const narrowing = readNarrowing(token.claims)
  if (role === null || narrowing === 'malformed') return 'malformed-token'
  if (narrowing === null) {
    return clientPrincipal(clientId ?? subject, { role, expiresAt, issuedAt }, deps)
  }
  const parent = findParent(narrowing.parent, deps)
  if (typeof parent === 'string') return parent
  const limits = narrowing.limits.map(parseLimit)
  if (limits.includes(null) || tokenId === null) return 'malformed-token'
  return {
    ...blank,
    id: `token:${tokenId}`,
    kind: 'token',
    user: parent.user,
    team: parent.team ?? null,
    role: lesserRole(role, parent.role),
    services: narrowing.services ?? parent.services,
    models: narrowing.models ?? [],
    limits: limits as Limit[],
    // The following values are the parent's: its checks run as well, and can only narrow further.
    cloudModels: parent.cloudModels,
    weight: parent.weight,
    isAddressAllowed: addressTest(narrowing.addresses),
    expiresAt,
    parent,
  }
}

type Holder = TokenIdentity & { subject: string; expiresAt: number; claims: Claims }

function foreignPrincipal(holder: Holder, deps: TokenPrincipalDeps): Principal | Reason {
  const found = deps.foreign(holder.issuer)
  if (found === null) return 'unknown-issuer'
  const grant = findGrant(found.rules, holder.claims)
  if (grant === null) return 'token-not-granted'
  const named = readClaim(holder.claims, found.userClaim)
  return {
    ...blank,
    ...grant,
    id: `${holder.issuer}#${holder.subject}`,
    kind: 'token',
    user: isUserName(named) ? named : holder.subject,
    services: withAll(grant.services, deps),
    expiresAt: holder.expiresAt,
  }
}

/** Returns the principal of a client's token, or why there is none now. */
export function clientPrincipal(
  id: string,
  token: { role: Role; expiresAt: number | null; issuedAt?: number | null },
  deps: Pick<TokenPrincipalDeps, 'findClient' | 'boundByMaker' | 'serviceNames'>,
): Principal | Reason {
  const client = deps.findClient(id)
  if (client === null || isIssuedBefore(token.issuedAt, client.createdAt)) return 'token-revoked'
  const principal: Principal = {
    ...blank,
    id: `client:${id}`,
    kind: 'client',
    user: id,
    team: client.team,
    role: lesserRole(token.role, client.role),
    services: withAll(client.services, deps),
    models: client.models,
    limits: client.limits,
    isAddressAllowed: addressTest(client.addresses),
    expiresAt: token.expiresAt,
  }
  return deps.boundByMaker(principal, client.madeBy)
}

/** A disabled, expired, revoked or changed parent takes effect for its children at once. */
function findParent(parent: Parent, deps: TokenPrincipalDeps): Principal | Reason {
  if (parent.kind === 'key') return deps.findKey(parent.id)
  if (deps.isRevoked(parent)) return 'token-revoked'
  if (parent.kind === 'foreign') return foreignPrincipal(parent, deps)
  const token = { role: 'admin', expiresAt: null, issuedAt: parent.issuedAt } as const
  return clientPrincipal(parent.clientId ?? parent.subject, token, deps)
}

const blank = {
  roleModels: [],
  cloudModels: null,
  caps: noCaps as Caps,
  weight: null,
  capOutput: false,
  models: [],
  limits: [],
  isAddressAllowed: null,
  origins: [],
} as const

function readRole(value: unknown): Role | null {
  return roles.includes(value as Role) ? (value as Role) : null
}

function withAll(
  services: readonly string[],
  deps: Pick<TokenPrincipalDeps, 'serviceNames'>,
): readonly string[] {
  // Services that `*` does not include may stand beside it.
  const named = services.filter((name) => name !== '*')
  return services.includes('*') ? [...new Set([...deps.serviceNames, ...named])] : services
}

function addressTest(addresses: readonly string[]): Principal['isAddressAllowed'] {
  return addresses.length === 0 ? null : createAddressTest(addresses)
}

function isUserName(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= 200 && !/\p{Cc}/u.test(value)
}
