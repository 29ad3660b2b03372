/**
 * Keys: what `npm run keys` does, for the console and for programs. A member sees and changes the
 * keys that they made, and nothing of others.
 */
import type { ApiDeps } from '../../api-deps.ts'
import type { Endpoint } from '../../endpoint.ts'
import { keyActEndpoints } from './act-endpoints.ts'
import { keyChoiceEndpoint } from './choice-endpoints.ts'
import { openKeyParts } from './key-parts.ts'
import { keyReadEndpoints } from './read-endpoints.ts'
import { keyWriteEndpoints } from './write-endpoints.ts'

/** Returns the rows of `/keys`. */
export function keyEndpoints(deps: ApiDeps): readonly Endpoint[] {
  const parts = openKeyParts(deps)
  return [
    keyChoiceEndpoint(deps),
    ...keyActEndpoints(parts),
    ...keyReadEndpoints(parts),
    ...keyWriteEndpoints(parts),
  ]
}
