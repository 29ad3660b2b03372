import type { Endpoint } from '../model/endpoint.ts'
import { bytes, rowsIn } from './row.ts'

const oauth = rowsIn('oauth')

/** What the gatekeeper itself answers to a caller whom it has admitted. */
export const ownEndpoints: readonly Endpoint[] = [
  ...rowsIn('openai')('GET|HEAD', '/status', 'open'),
  ...oauth('POST', '/oauth/token', 'open', bytes),
  ...oauth('POST', '/oauth/introspect', 'open', bytes),
  ...oauth('POST', '/oauth/revoke', 'open', bytes),
]
