import type { Check } from '../../model/decision.ts'
import { ofLineage } from '../written-places.ts'

/**
 * A request without a prompt that keeps the model for no time only unloads it for all users. That
 * is administration, on every endpoint.
 */
export const grantedUnload: Check = {
  name: 'granted-unload',
  examine: ({ principal, body }) =>
    body?.isUnload === true && principal.role !== 'admin' ? 'unload-not-granted' : null,
  written: ({ principal }) => ofLineage(principal, 'role'),
}
