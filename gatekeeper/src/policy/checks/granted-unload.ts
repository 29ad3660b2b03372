import type { Check } from '../../model/decision.ts'
import { principalOf } from '../caller.ts'

/**
 * A request without a prompt that keeps the model for no time does nothing but take it away from
 * everybody who uses it. That is administration, by whatever endpoint.
 */
export const grantedUnload: Check = {
  name: 'granted-unload',
  needs: 'body',
  examine: ({ caller, body }) => {
    const { role } = principalOf(caller)
    return body?.isUnload === true && role !== 'admin' ? 'unload-not-granted' : null
  },
}
