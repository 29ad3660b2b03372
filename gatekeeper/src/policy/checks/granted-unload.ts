import type { Check } from '../../model/decision.ts'
import { principalOf } from '../caller.ts'

/**
 * A request without a prompt that keeps the model for no time only unloads it for all users. That
 * is administration, on every endpoint.
 */
export const grantedUnload: Check = {
  name: 'granted-unload',
  needs: 'body',
  examine: ({ caller, body }) => {
    const { role } = principalOf(caller)
    return body?.isUnload === true && role !== 'admin' ? 'unload-not-granted' : null
  },
}
