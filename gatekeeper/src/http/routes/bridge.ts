import { addressOf, type Service } from '../../model/service.ts'
import { jsonAnswer } from '../send.ts'
import type { OwnEndpoints } from '../serve/own.ts'

/** `GET /api/PROVIDER/endpoints` says what may be called there, and whether there is a key for it. */
export function bridgeEndpoints(keyOf: (service: Service) => string | null): OwnEndpoints {
  return {
    '/endpoints': ({ admission: { facts } }) => {
      if (facts.service === null) throw new Error('the list of endpoints has no provider')
      const configured = keyOf(facts.service) !== null
      return jsonAnswer(200, describeProvider(facts.service, configured))
    },
  }
}

function describeProvider({ name, kind, upstream }: Service, configured: boolean) {
  const patterns = kind.rows?.filter((row) => row.class !== 'never').map(({ pattern }) => pattern)
  return {
    api: name,
    configured,
    baseUrl: upstream === null ? null : addressOf(upstream),
    allowedEndpoints: [...new Set(patterns)],
  }
}
