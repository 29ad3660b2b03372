import { fieldText } from '../../model/credential-fields.ts'
import type { CallerQuestion, Check } from '../../model/decision.ts'

/** Refuses a request with a missing or bad credential. */
export const knownCaller: Check<CallerQuestion> = {
  name: 'known-caller',
  examine: ({ caller }) => (typeof caller === 'string' ? caller : null),
  describe,
  written: (_, { reason, keyId }) => {
    const member = reason === 'disabled-key' ? 'disabled' : 'expiresAt'
    const isWritten = reason === 'disabled-key' || reason === 'expired-key'
    return isWritten && keyId !== null ? [{ file: 'keys', path: ['keys', keyId, member] }] : []
  },
}

/** Names the one field that counts, if the route names one, or the one of administrators. */
function describe({ caller, facts }: CallerQuestion) {
  if (caller !== 'no-credential') return null
  if (facts.service?.kind.furtherCarriers === 'control') {
    return { text: 'Authentication is required. Send X-Admin-Key.', param: null }
  }
  const only = facts.route?.credentialField
  if (only === undefined) return null
  return { text: `An API key is required. Send it as ${fieldText(only)}.`, param: null }
}
