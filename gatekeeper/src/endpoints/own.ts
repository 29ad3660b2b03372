import type { Endpoint } from '../policy/endpoint.ts'
import { rowsIn } from './row.ts'

/** What the gatekeeper itself answers to a caller whom it has admitted. */
export const ownEndpoints: readonly Endpoint[] = rowsIn('openai')('GET|HEAD', '/status', 'open')
