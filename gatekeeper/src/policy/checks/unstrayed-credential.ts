import type { Check } from '../../model/decision.ts'
import type { RequestFacts } from '../../model/facts.ts'
import type { Principal } from '../../model/principal.ts'
import { principalOf } from '../caller.ts'

/**
 * Refuses a request that carries a plain key in its target, or in a field which passes to the service.
 * Asked after the caller is known: a stranger who guesses keys, thousands in one target, would learn
 * from the answer that one is right.
 */
export const unstrayedCredential: Check = {
  name: 'unstrayed-credential',
  needs: 'head',
  examine: ({ facts, caller }) => {
    const { kind } = principalOf(caller)
    if (facts.stray) return 'credential-not-for-here'
    return facts.hasKeyInTarget && !staysHere(kind, facts) ? 'credential-in-target' : null
  },
  describe: ({ facts }) => facts.stray ?? null,
}

/** Of a stranger who is let in: nothing of a target goes on from these. */
function staysHere(kind: Principal['kind'], { service }: RequestFacts): boolean {
  return kind === 'anonymous' && service?.kind.keepsTarget === true
}
