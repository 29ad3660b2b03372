/**
 * Tokens for the users of apps, without their HTTP: who gets one, what it says, and its end. A
 * refusal is a RefusedError. Nothing of a request is logged here.
 */
import { randomBytes } from 'node:crypto'
import type { Clock } from '../lib/clock.ts'
import { createRateLimiter } from '../lib/load/rate-limiter.ts'
import { type UserException, userNameOf } from '../model/app.ts'
import type { QuotaInfo } from '../model/detail.ts'
import type { ScopedLimit, Standing } from '../model/limit.ts'
import { quotaInfoOf } from '../model/limit-text.ts'
import { tokensPerApp } from '../model/open-limits.ts'
import type { AppUser, Principal } from '../model/principal.ts'
import { RefusedError } from '../model/refused-error.ts'
import { quotasOf } from './app-principal.ts'
import { type ProofDeps, type ProvenApp, proveApp, type ShownProof } from './app-proof.ts'
import { issueToken } from './issue-token.ts'
import type { SigningKeys } from './signing-keys.ts'

/** A request for a token. */
export type UserTokenRequest = ShownProof & {
  readonly userId: string
  /** The web origin of the page that asks; null if it is no page of another origin. */
  readonly foreignOrigin: string | null
  readonly hasOrigin: boolean
  /** Whether the operator wants one from everybody. */
  readonly needsOrigin: boolean
  /** Whether the operator lists the origin for every app that has none of its own. */
  readonly isOriginListed: boolean
}

/** A user as the answers describe it. */
export type DescribedUser = {
  readonly userId: string
  readonly appId: string
  readonly dailyQuota: number | null
  readonly monthlyQuota: number | null
  readonly requestsToday: number
  readonly requestsMonth: number
}

export type UserToken = {
  readonly token: string
  readonly ttlSeconds: number
  readonly user: DescribedUser
}

export type UserTokens = {
  readonly issue: (request: UserTokenRequest) => Promise<UserToken>
  /** Describes the holder of a token. */
  readonly describe: (principal: Principal, app: AppUser) => Promise<DescribedUser>
  /** Ends all tokens of a user that were issued before now. */
  readonly logOut: (principal: Principal, app: AppUser, clientAddress: string) => Promise<void>
}

export type UserTokensDeps = ProofDeps & {
  readonly issuer: string
  readonly signingKeys: Pick<SigningKeys, 'signer'>
  readonly clock: Clock
  readonly findException: (name: string) => UserException | null
  /** Reads what was counted into memory; false if it cannot be read. */
  readonly prepare: (limits: readonly ScopedLimit[]) => Promise<boolean>
  /** Returns what was counted for these limits; null if it cannot be read. */
  readonly readStandings: (limits: readonly ScopedLimit[]) => Promise<readonly Standing[] | null>
  /** Ends the tokens of a subject now; resolves when that is durable. */
  readonly endTokens: (subject: string) => Promise<void>
  /** Resolves when the act is recorded; a token that cannot be recorded is not issued. */
  readonly record: (act: UserTokenAct) => Promise<void>
}

/** A token that was issued for a user, or the end of all of them. The token is not a part of it. */
export type UserTokenAct = {
  readonly event: 'token.issued' | 'token.ended'
  readonly clientId: string
  readonly subject: string
  readonly tokenId?: string
  /** ISO 8601. */
  readonly expiresAt?: string
}

const publicTokenSeconds = 3600

export function createUserTokens(deps: UserTokensDeps): UserTokens {
  const ofApps = createRateLimiter(tokensPerApp)
  const limitLogOut = ({ isPublic, appId }: AppUser, clientAddress: string) =>
    isPublic ? deps.strangers.take(clientAddress) : ofApps.take(`out:${appId}`)
  return {
    issue: async (request) => {
      const { appId, userId, clientAddress } = request
      deps.refuseAddress(clientAddress, { app: appId, user: userNameOf(appId, userId) })
      const client = proveApp(request, deps)
      if (!client.app.public && !ofApps.take(client.id)) throw tooMany()
      refuseOrigin(request, client)
      return await issue(request, client, deps)
    },
    describe: async ({ id, limits }, app) => {
      // Kept in memory: a holder may ask a thousand times a second, and would read the disk each time.
      await deps.prepare(scopeTo(id, limits))
      return await describeUser(app, id, limits, deps)
    },
    logOut: async (principal, app, clientAddress) => {
      if (!limitLogOut(app, clientAddress)) throw tooMany()
      const act = { event: 'token.ended', clientId: app.appId, subject: principal.user } as const
      // What only takes a right away is done even if it cannot be recorded.
      await deps.endTokens(principal.user).finally(() => deps.record(act).catch(() => {}))
    },
  }
}

const tooMany = () =>
  new RefusedError('rate-limited', {
    text: 'Too many requests for tokens of this app. Try again later.',
    param: null,
  })

/** A page may use the app only from where it lists, or the operator lists for all. */
function refuseOrigin(request: UserTokenRequest, { app }: ProvenApp): void {
  const { hasOrigin, needsOrigin, foreignOrigin, isOriginListed } = request
  if (!hasOrigin) {
    if (app.allowNoOrigin && !needsOrigin) return
  } else if (app.origins.length > 0) {
    if (foreignOrigin !== null && app.origins.includes(foreignOrigin)) return
  } else if (foreignOrigin === null || isOriginListed) return
  throw new RefusedError('origin-not-allowed')
}

/** The form of the ids of users of public apps: 16 random bytes. */
const publicForm = /^anon:[A-Za-z0-9_-]{22}$/
const taken = {
  text: 'userId must not look like a user of a public app ("anon:" and 22 characters).',
  param: null,
  members: { required: ['userId', 'appId'] },
}

async function issue(
  { userId }: UserTokenRequest,
  { id: appId, app }: ProvenApp,
  deps: UserTokensDeps,
): Promise<UserToken> {
  // The audit keeps such ids as they are, since they name nobody: a name must not look like one.
  if (!app.public && publicForm.test(userId)) throw new RefusedError('body-malformed', taken)
  // Of a public app nothing is proven, so the id that it names must not lead to another user.
  const name = app.public ? `anon:${randomBytes(16).toString('base64url')}` : userId
  const subject = userNameOf(appId, name)
  const exception = deps.findException(subject)
  if (exception?.disabled) throw new RefusedError('token-revoked', disabled)
  const signer = deps.signingKeys.signer()
  if (signer === null) throw new RefusedError('check-failed')
  const limits = quotasOf(app, exception)
  const user = await describeUser({ appId, userId }, `app:${subject}`, limits, deps)
  const ttlSeconds = app.public ? publicTokenSeconds : Math.round(app.tokenDays * 1440) * 60
  const issued = await issueToken(
    {
      ...{ tokenClass: 'bridge', subject, clientId: appId, role: 'readwrite', scopes: [] },
      ...{ ttlSeconds, narrowing: null },
      ...(app.public && { label: userId }),
    },
    { signer, issuer: deps.issuer, clock: deps.clock },
  )
  const { token, tokenId } = issued
  const expiresAt = new Date(issued.expiresAt).toISOString()
  const act = { event: 'token.issued', clientId: appId, subject, tokenId, expiresAt } as const
  await deps.record(act).catch(() => {
    throw new RefusedError('audit-unavailable')
  })
  return { token, ttlSeconds, user }
}

const disabled = { text: 'This user may not get a token.', param: null }

function scopeTo(subject: string, limits: Principal['limits']): readonly ScopedLimit[] {
  return limits.map((limit) => ({ scope: 'app', subject, limit }))
}

async function describeUser(
  { appId, userId }: Pick<AppUser, 'appId' | 'userId'>,
  subject: string,
  limits: Principal['limits'],
  deps: UserTokensDeps,
): Promise<DescribedUser> {
  const standings = await deps.readStandings(scopeTo(subject, limits))
  if (standings === null) throw new RefusedError('ledger-unavailable')
  const { dailyQuota, monthlyQuota, dailyUsed, monthlyUsed }: QuotaInfo = quotaInfoOf(standings)
  const requests = { requestsToday: dailyUsed, requestsMonth: monthlyUsed }
  return { userId, appId, dailyQuota, monthlyQuota, ...requests }
}
