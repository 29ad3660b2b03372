import { createSigninParts, type SigninParts } from '../signin/signin-deps.ts'
import { allSigninEndpoints } from '../signin/signin-endpoints.ts'
import type { ApiDeps } from './api-deps.ts'
import type { Endpoint } from './endpoint.ts'
import { eventEndpoints } from './routes/events/endpoints.ts'
import { keyEndpoints } from './routes/keys/endpoints.ts'
import { openapiEndpoint } from './routes/openapi/endpoints.ts'
import { sessionEndpoints } from './routes/session/endpoints.ts'

/** Returns all rows of the admin API. */
export function createEndpoints(
  deps: ApiDeps,
  signin: SigninParts = createSigninParts(deps),
): readonly Endpoint[] {
  const rows = [
    ...allSigninEndpoints({ ...deps, ...signin }),
    ...sessionEndpoints(deps),
    ...eventEndpoints(deps),
    ...keyEndpoints(deps),
  ]
  return [...rows, openapiEndpoint(rows, deps)]
}
