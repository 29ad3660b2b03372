import { createSigninParts, type SigninParts } from '../signin/signin-deps.ts'
import { allSigninEndpoints } from '../signin/signin-endpoints.ts'
import type { ApiDeps } from './api-deps.ts'
import type { Endpoint } from './endpoint.ts'
import { auditEndpoints } from './routes/audit/endpoints.ts'
import { clientEndpoints } from './routes/clients/endpoints.ts'
import { complianceEndpoints } from './routes/compliance/endpoints.ts'
import { doctorEndpoints } from './routes/doctor/endpoints.ts'
import { eventEndpoints } from './routes/events/endpoints.ts'
import { explainEndpoints } from './routes/explain/endpoints.ts'
import { keyEndpoints } from './routes/keys/endpoints.ts'
import { openapiEndpoint } from './routes/openapi/endpoints.ts'
import { overviewEndpoints } from './routes/overview/endpoints.ts'
import { playgroundEndpoints } from './routes/playground/endpoints.ts'
import { providerKeyEndpoints } from './routes/provider-keys/endpoints.ts'
import { queueEndpoints } from './routes/queue/endpoints.ts'
import { reviewEndpoints } from './routes/review/endpoints.ts'
import { ruleEndpoints } from './routes/rules/endpoints.ts'
import { serviceEndpoints } from './routes/services/endpoints.ts'
import { sessionEndpoints } from './routes/session/endpoints.ts'
import { splitKeyEndpoints } from './routes/split-keys/endpoints.ts'
import { usageEndpoints } from './routes/usage/endpoints.ts'
import { userEndpoints } from './routes/users/endpoints.ts'

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
    ...clientEndpoints(deps),
    ...userEndpoints(deps),
    ...ruleEndpoints(deps),
    ...providerKeyEndpoints(deps),
    ...splitKeyEndpoints(deps),
    ...explainEndpoints(deps),
    ...queueEndpoints(deps),
    ...serviceEndpoints(deps),
    ...doctorEndpoints(deps),
    ...playgroundEndpoints(deps),
    ...usageEndpoints(deps),
    ...overviewEndpoints(deps),
    ...auditEndpoints(deps),
    ...reviewEndpoints(deps),
    ...complianceEndpoints(deps),
  ]
  return [...rows, openapiEndpoint(rows, deps)]
}
