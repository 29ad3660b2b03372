import type { Endpoint } from '../api/endpoint.ts'
import { passkeyEndpoints } from '../api/routes/passkeys/endpoints.ts'
import { sessionListEndpoints } from '../api/routes/sessions/endpoints.ts'
import { signinEndpoints } from '../api/routes/signin/endpoints.ts'
import { claimEndpoints } from '../api/routes/signin/invitation-endpoints.ts'
import { stepUpEndpoints } from '../api/routes/step-up/endpoints.ts'
import type { SigninDeps } from './signin-deps.ts'

/** Returns all rows about signing in. */
export function allSigninEndpoints(deps: SigninDeps): readonly Endpoint[] {
  return [
    ...signinEndpoints(deps),
    ...claimEndpoints(deps),
    ...passkeyEndpoints(deps),
    ...sessionListEndpoints(deps),
    ...stepUpEndpoints(deps),
  ]
}
