import type { ApiDeps } from './api-deps.ts'
import type { Endpoint } from './endpoint.ts'
import { eventEndpoints } from './routes/events/endpoints.ts'
import { sessionEndpoints } from './routes/session/endpoints.ts'

/** Returns all rows of the admin API. */
export function createEndpoints(deps: ApiDeps): readonly Endpoint[] {
  return [...sessionEndpoints(deps), ...eventEndpoints(deps)]
}
