import type { Endpoint } from '../api/endpoint.ts'
import { passkeyEndpoints } from '../api/routes/passkeys/endpoints.ts'
import { peopleEndpoints } from '../api/routes/people/endpoints.ts'
import type { PeopleDeps } from '../api/routes/people/read-endpoints.ts'
import { sessionListEndpoints } from '../api/routes/sessions/endpoints.ts'
import { signinEndpoints } from '../api/routes/signin/endpoints.ts'
import { claimEndpoints } from '../api/routes/signin/invitation-endpoints.ts'
import { stepUpEndpoints } from '../api/routes/step-up/endpoints.ts'

/** Returns all rows about people and their signing in. */
export function allSigninEndpoints(deps: PeopleDeps): readonly Endpoint[] {
  return [
    ...signinEndpoints(deps),
    ...claimEndpoints(deps),
    ...passkeyEndpoints(deps),
    ...sessionListEndpoints(deps),
    ...stepUpEndpoints(deps),
    ...peopleEndpoints(deps),
  ]
}
