/**
 * Returns the principal of an app's user. The token only says who it is: the rights of the app, and
 * what differs for the user, are looked up at each use, so that a change takes effect at once.
 */
import { createAddressTest } from '../lib/net/cidr.ts'
import { type App, labelClaim, readUserName, type UserException } from '../model/app.ts'
import { isIssuedBefore } from '../model/issued-before.ts'
import { type Limit, quotaLimit } from '../model/limit.ts'
import type { BoundByMaker } from '../model/person.ts'
import { anonymous, type Principal } from '../model/principal.ts'
import type { Reason } from '../model/reason.ts'
import type { Client } from './client.ts'

export type AppPrincipalDeps = {
  /** Returns an active client; null if there is none with this id. */
  readonly findClient: (id: string) => Client | null
  /** Returns what differs for a user, `APP:USER`. */
  readonly findException: (name: string) => UserException | null
  readonly boundByMaker: BoundByMaker
  /** Names of the services that are providers: no app's user may call any other. */
  readonly providerNames: readonly string[]
}

/** The facts of a valid token of the class bridge. Instants are epoch milliseconds. */
export type UserTokenFacts = {
  /** `APP:USER`. */
  readonly subject: string
  readonly clientId: string | null
  readonly issuedAt: number | null
  readonly expiresAt: number
  /** How a public app named its user; null for the users of an app that proved itself. */
  readonly label: string | null
}

type VerifiedUserToken<Claims> = {
  readonly claims: Claims
  readonly token: { readonly claims: Readonly<Record<string, unknown>> }
}

/** Returns a function that finds the current principal of a valid token of the class bridge. */
export function createAppUserFinder<Claims extends Omit<UserTokenFacts, 'label'>>(
  deps: AppPrincipalDeps & { readonly isEnded: (claims: Claims) => boolean },
): (verified: VerifiedUserToken<Claims>) => Principal | Reason {
  return ({ claims, token }) => {
    if (deps.isEnded(claims)) return 'token-revoked'
    const { subject, clientId, issuedAt, expiresAt } = claims
    const label = token.claims[labelClaim]
    const known = { subject, clientId, issuedAt, expiresAt }
    return principalOfUser({ ...known, label: typeof label === 'string' ? label : null }, deps)
  }
}

/** Endpoints of our own that a user of a public app may call. */
const ownOfPublic = ['auth']

export function principalOfUser(token: UserTokenFacts, deps: AppPrincipalDeps): Principal | Reason {
  const name = readUserName(token.subject)
  const client = name && deps.findClient(name.appId)
  const app = client?.app ?? null
  if (name === null || client === null || app === null) return 'token-revoked'
  // An app that became public vouches for nobody, and one that was public never did.
  const isFit = app.public === (token.label !== null) && client.id === token.clientId
  if (!isFit || isIssuedBefore(token.issuedAt, client.createdAt)) return 'token-revoked'
  const exception = deps.findException(token.subject)
  if (exception?.disabled) return 'token-revoked'
  const principal: Principal = {
    ...anonymous,
    id: `app:${token.subject}`,
    kind: 'app',
    user: token.subject,
    team: client.team,
    role: 'readwrite',
    services: servicesOf(app, deps.providerNames),
    models: app.models.length > 0 ? app.models : client.models,
    limits: quotasOf(app, exception),
    isAddressAllowed: client.addresses.length === 0 ? null : createAddressTest(client.addresses),
    origins: app.origins,
    expiresAt: token.expiresAt,
    app: {
      appId: client.id,
      userId: token.label ?? name.userId,
      isPublic: app.public,
      allowNoOrigin: app.allowNoOrigin,
      totals: totalsOf(client),
      issuedAt: token.issuedAt ?? 0,
    },
  }
  const bound = deps.boundByMaker(principal, client.madeBy)
  if (typeof bound === 'string' || !app.public) return bound
  return { ...bound, services: [...bound.services, ...ownOfPublic] }
}

/** Returns the limits of one user. */
export function quotasOf(app: App, exception: UserException | null) {
  const quotaOf = (name: 'dailyQuota' | 'monthlyQuota') =>
    exception?.[name] === undefined ? app[name] : exception[name]
  return [quotaLimit(quotaOf('dailyQuota'), 'day'), quotaLimit(quotaOf('monthlyQuota'), 'month')]
}

function totalsOf({ app, limits }: Client): readonly Limit[] {
  const total = app?.totalPerDay ?? null
  return total === null ? limits : [quotaLimit(total, 'day'), ...limits]
}

function servicesOf(app: App, providerNames: readonly string[]): readonly string[] {
  const { providers } = app
  return providerNames.filter((name) => providers.length === 0 || providers.includes(name))
}
