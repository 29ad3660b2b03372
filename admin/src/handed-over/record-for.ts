import type { RecordActs } from '../../../gatekeeper/src/operations/audit/record-acts.ts'
import type { Installation } from '../../../gatekeeper/src/operations/installation.ts'
import type { HandedOver } from './handed-over.ts'

/**
 * Returns a function that records acts with the caller who asked for them and the id of the request,
 * whose record has the address. If it rejects, nothing may be changed.
 */
export function recordFor(
  { principal, requestId }: HandedOver,
  { record }: Pick<Installation, 'record'>,
): RecordActs {
  return async (acts) =>
    await record(acts.map((act) => ({ ...act, principal: principal.id, requestId })))
}
