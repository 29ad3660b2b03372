import type { Check } from '../../model/decision.ts'
import { ofService } from '../written-places.ts'

/** Refuses every path that no table lists: unknown endpoints of an upstream are never allowed. */
export const listedEndpoint: Check = {
  name: 'listed-endpoint',
  examine: ({ facts }) => {
    if (facts.service === null) return 'no-route'
    if (facts.endpoint === null) return 'unlisted-endpoint'
    return facts.endpoint.class === 'never' ? 'never-endpoint' : null
  },
  describe: ({ facts }) => facts.detail ?? null,
  written: ({ facts }, { reason }) =>
    reason === 'no-route'
      ? [{ file: 'gateway', path: ['services'] }]
      : [{ file: 'endpoints', path: [] }, ofService(facts, 'kind')],
}
