import { principalOf } from '../caller.ts'
import type { Check } from '../decision.ts'

/**
 * Refuses a request that carries a plain key in a field which passes to the service. Asked after the
 * caller is known: a stranger who guesses keys would learn from the answer which guess is right.
 */
export const unstrayedCredential: Check = {
  name: 'unstrayed-credential',
  needs: 'head',
  examine: ({ facts, caller }) => {
    principalOf(caller)
    return facts.stray ? 'credential-not-for-here' : null
  },
  describe: ({ facts }) => facts.stray ?? null,
}
