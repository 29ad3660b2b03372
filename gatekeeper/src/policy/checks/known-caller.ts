import type { Check } from '../decision.ts'

/** Refuses whoever has no credential, or a bad one. */
export const knownCaller: Check = {
  name: 'known-caller',
  needs: 'head',
  examine: ({ caller }) => (typeof caller === 'string' ? caller : null),
}
