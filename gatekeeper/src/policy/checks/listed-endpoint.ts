import type { Check } from '../../model/decision.ts'

/** Refuses every path that no table lists: unknown endpoints of an upstream are never allowed. */
export const listedEndpoint: Check = {
  name: 'listed-endpoint',
  needs: 'head',
  examine: ({ facts }) => {
    if (facts.service === null) return 'no-route'
    if (facts.endpoint === null) return 'unlisted-endpoint'
    return facts.endpoint.class === 'never' ? 'never-endpoint' : null
  },
  describe: ({ facts }) => facts.detail ?? null,
}
