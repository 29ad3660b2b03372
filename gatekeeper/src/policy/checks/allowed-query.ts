import type { Check } from '../../model/decision.ts'

/**
 * Refuses a query field that callers may not set. Runs after authentication: which fields are
 * refused depends on the service, and a stranger could tell from the answer that it exists.
 */
export const allowedQuery: Check = {
  name: 'allowed-query',
  examine: ({ facts }) => (facts.refusedQuery ? 'query-field-refused' : null),
  describe: ({ facts }) => facts.refusedQuery ?? null,
}
