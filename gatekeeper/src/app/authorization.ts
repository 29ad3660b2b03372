import { ownIssuerName, siteAddress } from '../config/site-address.ts'
import type { WellKnownDeps } from '../http/routes/well-known.ts'
import { createRateLimiter } from '../lib/load/rate-limiter.ts'
import type { RefuseAddress } from '../model/address-rule.ts'
import { rateOf } from '../model/limit.ts'
import { openLimits } from '../model/open-limits.ts'
import { RefusedError } from '../model/refused-error.ts'
import {
  type AuthorizationServer,
  createAuthorizationServer,
} from '../oauth/authorization-server.ts'
import { exchangeGrantType } from '../oauth/exchange-grant.ts'
import { createHeldTokens } from '../oauth/held-tokens.ts'
import { oauthPaths } from '../oauth/metadata.ts'
import { createOpenLimiter } from '../oauth/open-limiter.ts'
import { createUserTokens, type UserTokens } from '../oauth/user-tokens.ts'
import { describeRefusedAddress } from '../policy/address-rules.ts'
import type { AppDeps } from './app-deps.ts'
import type { Credentials } from './credentials.ts'
import type { Opened } from './open-parts.ts'

export type Authorization = {
  readonly server: AuthorizationServer
  /** Tokens for the users of apps. */
  readonly userTokens: UserTokens
  /** The content of the well-known documents. */
  readonly documents: WellKnownDeps
  /** Address where clients learn which issuers are accepted; null if only our own tokens are. */
  readonly resourceMetadata: string | null
}

/** Creates our own authorization server, with what it needs from other rooms. */
export function createAuthorization(
  deps: AppDeps,
  opened: Opened,
  { authenticate }: Pick<Credentials, 'authenticate'>,
): Authorization {
  const { settings, clock } = deps
  const { signing, audit, clients, rules, users, revocations, issuers, ledger } = opened
  const issuer = ownIssuerName(settings)
  const site = siteAddress(settings)
  const foreignIssuers = deps.issuers.map((entry) => entry.issuer)
  const refuseAddress: RefuseAddress = (address, caller) => {
    if (rules.current().findRefusingCaller(address, caller) === null) return
    throw new RefusedError('address-refused', describeRefusedAddress(address))
  }
  const server = createAuthorizationServer({
    ...createHeldTokens({
      isOwnIssuer: (name) => signing.issuerNames().includes(name),
      authenticate: (credential, clientAddress) =>
        authenticate(credential, { clientAddress, tokenClass: 'house' }),
      inspectToken: issuers.inspect,
    }),
    issuer,
    clients,
    clock,
    signingKeys: signing.issuing,
    ttlSeconds: settings.oauth.tokenSeconds,
    consoleOrigin: settings.console.origin,
    attempts: createRateLimiter(deps.attempts),
    record: audit.recordEvent,
    refuseAddress,
    revoke: revocations.revokeToken,
  })
  const userTokens = createUserTokens({
    issuer,
    clients,
    clock,
    signingKeys: signing.issuing,
    strangers: createOpenLimiter(openLimits['/auth/token'], rateOf(deps.bridge.tokensPerAddress)),
    refuseAddress,
    findException: users.find,
    prepare: ledger.prepare,
    readStandings: ledger.readStandings,
    endTokens: revocations.endSubject,
    record: audit.recordEvent,
  })
  const grantTypes = ['client_credentials', exchangeGrantType]
  return {
    server,
    userTokens,
    documents: { issuer, site, grantTypes, foreignIssuers, publicKeys: signing.publicSet },
    resourceMetadata: foreignIssuers.length === 0 ? null : site + oauthPaths.resource,
  }
}
