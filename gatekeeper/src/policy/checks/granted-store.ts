import type { Check } from '../../model/decision.ts'
import { ofLineage } from '../written-places.ts'

/**
 * An upstream stores the answers of all callers under one credential, the gatekeeper's: a caller
 * with an id of another key's answer could continue from it and learn its content. An id that is
 * not known to be the caller's own needs the role admin in a body, as it does in a path (`GET
 * /v1/responses/{id}`).
 */
export const grantedStore: Check = {
  name: 'granted-store',
  examine: ({ principal, body }) =>
    body?.usesStore === true && principal.role !== 'admin' ? 'store-not-granted' : null,
  written: ({ principal }) => ofLineage(principal, 'role'),
}
