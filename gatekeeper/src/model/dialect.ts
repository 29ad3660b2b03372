import type { Dialect, Endpoint } from './endpoint.ts'
import type { Service } from './service.ts'

/** Returns the form of the errors that a client of this path reads, also if no row lists it. */
export function dialectAt(
  service: Service | null,
  endpoint: Endpoint | null,
  endpointPath: string,
): Dialect {
  return endpoint?.dialect ?? service?.kind.dialectAt?.(endpointPath) ?? 'openai'
}
