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

/** Names the one field that counts, if the route names one. */
function describe({ caller, facts }: CallerQuestion) {
  const only = facts.route?.credentialField
  if (caller !== 'no-credential' || only === undefined) return null
  return { text: `An API key is required. Send it as ${fieldText(only)}.`, param: null }
}
