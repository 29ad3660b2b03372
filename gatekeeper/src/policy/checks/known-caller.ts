import { fieldText } from '../../model/credential-fields.ts'
import type { CallerQuestion, Check } from '../../model/decision.ts'
import type { Reason } from '../../model/reason.ts'

/** Refuses a request with a missing or bad credential. */
export const knownCaller: Check<CallerQuestion> = {
  name: 'known-caller',
  examine: ({ caller }) => (typeof caller === 'string' ? caller : null),
  describe,
  written: (_, { reason, keyId, madeBy }) => {
    const ofKey = keyMembers[reason]
    const ofPerson = personMembers[reason]
    return [
      ...(ofPerson !== undefined && madeBy !== null
        ? [{ file: 'people', path: ['people', madeBy, ofPerson] } as const]
        : []),
      ...(ofKey !== undefined && keyId !== null
        ? [{ file: 'keys', path: ['keys', keyId, ofKey] } as const]
        : []),
    ]
  },
}

type Members = Readonly<Partial<Record<Reason, string>>>

const keyMembers: Members = {
  'disabled-key': 'disabled',
  'expired-key': 'expiresAt',
  'unknown-person': 'madeBy',
  'disabled-person': 'madeBy',
  'person-without-access': 'madeBy',
}
const personMembers: Members = {
  'disabled-person': 'disabled',
  'person-without-access': 'access',
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
