import type { Check } from '../../model/decision.ts'
import { principalOf } from '../caller.ts'

/**
 * An upstream keeps the answers of all callers under one credential, ours: who has an id of another
 * key's could go on from that answer, and be told what was said. What is not known to be the caller's
 * own is administration in a body, as it is in a path (`GET /v1/responses/{id}`).
 */
export const grantedStore: Check = {
  name: 'granted-store',
  needs: 'body',
  examine: ({ caller, body }) => {
    const { role } = principalOf(caller)
    return body?.usesStore === true && role !== 'admin' ? 'store-not-granted' : null
  },
}
