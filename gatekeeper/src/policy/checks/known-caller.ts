import { fieldText } from '../../model/credential-fields.ts'
import type { Check, Question } from '../../model/decision.ts'

/** Refuses a request with a missing or bad credential. */
export const knownCaller: Check = {
  name: 'known-caller',
  needs: 'head',
  examine: ({ caller }) => (typeof caller === 'string' ? caller : null),
  describe,
}

/** Names the one field that counts, if the route names one. */
function describe({ caller, facts }: Question) {
  const only = facts.route?.credentialField
  if (caller !== 'no-credential' || only === undefined) return null
  return { text: `An API key is required. Send it as ${fieldText(only)}.`, param: null }
}
