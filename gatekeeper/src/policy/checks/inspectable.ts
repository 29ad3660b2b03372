import { principalOf } from '../caller.ts'
import type { Check } from '../decision.ts'

/**
 * A key that is limited to models cannot be held to them where the model is not seen: on every
 * check route, on bytes that nobody reads, and in uploads until their form fields are read.
 */
export const inspectable: Check = {
  name: 'inspectable',
  needs: 'head',
  examine: ({ facts, caller }) => {
    if (principalOf(caller).models.length === 0 || facts.service?.kind === 'own') return null
    const isSeen =
      facts.point === 'relay' &&
      facts.service?.kind !== 'http' &&
      facts.endpoint?.model.in !== 'form'
    return isSeen ? null : 'not-inspected'
  },
}
