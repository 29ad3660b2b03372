import type { Check } from '../../model/decision.ts'
import type { Detail } from '../../model/detail.ts'
import { ofService } from '../written-places.ts'

/** Refuses every path that no table lists: unknown endpoints of an upstream are never allowed. */
export const listedEndpoint: Check = {
  name: 'listed-endpoint',
  examine: ({ facts }) => {
    if (facts.apis !== undefined) return 'unknown-api'
    if (facts.service === null) return 'no-route'
    if (facts.endpoint === null) return 'unlisted-endpoint'
    return facts.endpoint.class === 'never' ? 'never-endpoint' : null
  },
  describe: ({ facts, principal }) =>
    facts.apis === undefined
      ? (facts.detail ?? null)
      : describeApis(facts.apis.filter((name) => principal.services.includes(name))),
  written: ({ facts }, { reason }) =>
    reason === 'no-route'
      ? [{ file: 'gateway', path: ['services'] }]
      : [{ file: 'endpoints', path: [] }, ofService(facts, 'kind')],
}

/** Names the providers that the caller may call. */
function describeApis(availableApis: readonly string[]): Detail {
  const known = availableApis.length === 0 ? 'none' : availableApis.join(', ')
  const text = `There is no API of this name here. Available to you: ${known}.`
  return { text, param: null, members: { availableApis } }
}
