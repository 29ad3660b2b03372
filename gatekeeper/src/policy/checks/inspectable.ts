import { principalOf } from '../caller.ts'
import type { Check } from '../decision.ts'

/**
 * What a key is limited to must be seen to be kept. Models are not seen on a check route, on bytes,
 * and in uploads until their form fields are read. For the same reason uploads to LiteLLM are for
 * administrators alone: a form field (`api_base`) would turn it into another client.
 */
export const inspectable: Check = {
  name: 'inspectable',
  needs: 'head',
  examine: ({ facts, caller }) => {
    const { models, role } = principalOf(caller)
    const { point, service, endpoint } = facts
    if (service?.kind === 'own') return null
    const isForm = endpoint?.body === 'multipart'
    if (isForm && service?.kind === 'openai' && role !== 'admin') return 'not-inspected'
    if (models.length === 0) return null
    const isRead = !isForm && endpoint?.body !== 'bytes' && endpoint?.model.in !== 'form'
    return point === 'relay' && service?.kind !== 'http' && isRead ? null : 'not-inspected'
  },
}
