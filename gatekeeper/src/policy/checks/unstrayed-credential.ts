import type { Check } from '../../model/decision.ts'
import type { RequestFacts } from '../../model/facts.ts'
import type { Principal } from '../../model/principal.ts'

/**
 * Refuses a request with a plain key in its target, or in a field that is forwarded to the service.
 * Runs after authentication: otherwise an unknown caller could guess thousands of keys in one
 * target and learn from the answer that one is right.
 */
export const unstrayedCredential: Check = {
  name: 'unstrayed-credential',
  examine: ({ facts, principal }) => {
    if (facts.stray) return 'credential-not-for-here'
    return facts.hasKeyInTarget && !isOwnAnswer(principal.kind, facts)
      ? 'credential-in-target'
      : null
  },
  describe: ({ facts }) => facts.stray ?? null,
}

/** Returns true for an anonymous caller: these endpoints forward nothing of a target. */
function isOwnAnswer(kind: Principal['kind'], { service }: RequestFacts): boolean {
  return kind === 'anonymous' && service?.kind.keepsTarget === true
}
