import type { Admission } from '../model/admission.ts'
import { identityFields } from './identity.ts'

/**
 * Turns an admission into the fields that its upstream gets. Returns null if this point cannot meet
 * an obligation; the request is then refused.
 */
export function discharge(admission: Admission): Readonly<Record<string, string>> | null {
  const { traceparent, tracestate } = admission.facts.trace
  const fields: Record<string, string> = {
    ...identityFields(admission),
    traceparent,
    ...(tracestate !== null && { tracestate }),
  }
  for (const obligation of admission.obligations) {
    if (obligation.kind !== 'set-subprotocols') {
      // Only the relay sees body and answer; it meets these obligations when it sends and streams.
      if (admission.facts.point !== 'relay') return null
      continue
    }
    // Only the check carries WebSockets: Caddy sets the sub-protocols from our answer.
    if (admission.facts.point !== 'check') return null
    // Caddy has removed the client's list; without the field the list stays empty.
    const { subprotocols } = obligation
    if (subprotocols.length > 0) fields['x-gatekeeper-subprotocols'] = subprotocols.join(', ')
  }
  return fields
}
