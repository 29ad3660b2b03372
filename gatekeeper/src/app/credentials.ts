/** Judges every credential that a caller can send: which room does it, and what is counted. */
import { createTokenFinder } from '../access-tokens/find-token.ts'
import type { AdmitDeps } from '../admission/admit.ts'
import { createAdminKey } from '../credentials/admin-key.ts'
import { type Attempts, type Authenticate, createAttempts } from '../credentials/attempts.ts'
import { createAuthenticate } from '../credentials/authenticate.ts'
import { createFollower, type FollowCredential } from '../credentials/follow-credential.ts'
import { isSameSecret } from '../lib/constant-time.ts'
import { isToken } from '../model/credential-form.ts'
import type { Principal } from '../model/principal.ts'
import type { Reason } from '../model/reason.ts'
import { narrowByRole } from '../policy/policies.ts'
import type { AppDeps } from './app-deps.ts'
import type { Opened } from './open-parts.ts'

export type Credentials = {
  /** Judges a credential of any form, under the policy of its role; bad ones are counted. */
  readonly authenticate: AdmitDeps['authenticate']
  /** The same without counting an attempt. */
  readonly rehearseCredential: AdmitDeps['authenticate']
  /** The same for the key of an id, whose credential is not shown. */
  readonly rehearseKey: (id: string) => AdmitDeps['authenticate']
  /** Follows a valid credential while the answer to its request continues. */
  /** The same for the client of an id, as its token would be judged. */
  readonly rehearseClient: (id: string) => AdmitDeps['authenticate']
  readonly follow: FollowCredential
  readonly attemptsAt: Attempts['standing']
  readonly countFailure: Attempts['countFailure']
  /** Whether the text is `ADMIN_API_KEY`; null if it is not set. */
  readonly isAdminKey: ((text: string) => boolean) | null
  /** Whether the text contains a token of ours, or of an issuer that is accepted here. */
  readonly holdsToken: (text: string) => boolean
}

export function createCredentials(deps: AppDeps, opened: Opened): Credentials {
  const { people, keys, clients, users, revocations, issuers, signing } = opened
  const { settings, clock, policies } = deps
  const narrow = (caller: Principal | Reason) =>
    typeof caller === 'string' ? caller : narrowByRole(caller, policies)
  const { adminKey } = settings
  const administratorOf = createAdminKey(adminKey)
  const byForm = createAuthenticate({
    authenticateKey: (credential) => narrow(keys.authenticate(credential)),
    authenticateToken: async (token, tokenClass) =>
      narrow(await issuers.authenticate(token, tokenClass)),
  })
  const authenticate: Authenticate = (credential, shown) => {
    const administrator = administratorOf(credential, shown)
    return administrator === null ? byForm(credential, shown) : narrow(administrator)
  }
  const attempts = createAttempts({ rate: deps.attempts })
  return {
    authenticate: attempts.limit(authenticate),
    rehearseCredential: attempts.rehearse(authenticate),
    rehearseKey: (id) => attempts.rehearse(() => narrow(keys.judgeById(id))),
    rehearseClient: (id) =>
      attempts.rehearse((_, { tokenClass }) => narrow(issuers.judgeClient(id, tokenClass))),
    follow: createFollower({
      version: () =>
        [people, keys, clients, users, revocations].reduce((sum, part) => sum + part.version(), 0),
      clock,
      judge: (credential, shown, admittedAt) =>
        administratorOf(credential, shown) ??
        (isToken(credential)
          ? issuers.authenticate(credential, shown.tokenClass, admittedAt)
          : keys.authenticate(credential)),
    }),
    attemptsAt: attempts.standing,
    countFailure: attempts.countFailure,
    isAdminKey: adminKey === null ? null : (text) => isSameSecret(text, adminKey),
    holdsToken: createTokenFinder([
      ...signing.issuerNames(),
      ...deps.issuers.map(({ issuer }) => issuer),
    ]),
  }
}
