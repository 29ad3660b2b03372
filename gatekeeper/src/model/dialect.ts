import { isUnder } from '../lib/net/path.ts'
import type { Dialect, Endpoint } from './endpoint.ts'
import type { Service } from './service.ts'

/** The form of the errors that a client of this path reads, also where no row lists the path. */
export function dialectAt(
  service: Service | null,
  endpoint: Endpoint | null,
  endpointPath: string,
): Dialect {
  if (endpoint !== null) return endpoint.dialect
  if (service?.kind === 'chat') return 'chat'
  if (service?.kind === 'openai' && isUnder(endpointPath, '/v1beta')) return 'gemini'
  if (service?.kind !== 'ollama') return 'openai'
  return endpointPath.startsWith('/v1') ? 'openai' : 'ollama'
}
