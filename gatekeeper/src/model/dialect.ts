import type { Dialect, Endpoint } from './endpoint.ts'
import type { Route, Service } from './service.ts'

type Match = { readonly service: Service; readonly route: Route; readonly endpointPath: string }

/** Returns the form of the errors that a client of this path reads, also if no row lists it. */
export function dialectAt(match: Match | null, endpoint: Endpoint | null): Dialect {
  if (endpoint !== null) return endpoint.dialect
  if (match?.route.adapter) return 'bridge'
  return match?.service.kind.dialectAt?.(match.endpointPath) ?? 'openai'
}
