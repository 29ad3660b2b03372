import type { Admission } from '../model/admission.ts'
import { identityFields } from './identity.ts'

/**
 * Turns an admission into the fields that its upstream gets, or null where this point cannot do what
 * the admission obliges it to: the request is then refused, not sent on without it.
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
      // Body and answer pass through the relay alone, which keeps these where it sends and streams.
      if (admission.facts.point !== 'relay') return null
      continue
    }
    // The relay carries no WebSockets; at the check Caddy sets the sub-protocols from our answer.
    if (admission.facts.point !== 'check') return null
    // Caddy has dropped the client's list: an empty one is said by saying nothing.
    const { subprotocols } = obligation
    if (subprotocols.length > 0) fields['x-gatekeeper-subprotocols'] = subprotocols.join(', ')
  }
  return fields
}
