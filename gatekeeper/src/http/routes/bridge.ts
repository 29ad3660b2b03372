import { addressOf, type Service } from '../../model/service.ts'
import { jsonAnswer } from '../send.ts'
import type { OwnEndpoints } from '../serve/own.ts'

/** `GET /api/PROVIDER/endpoints` says what may be called there. */
export const bridgeEndpoints: OwnEndpoints = {
  '/endpoints': ({ admission: { facts } }) => {
    if (facts.service === null) throw new Error('the list of endpoints has no provider')
    return jsonAnswer(200, describeProvider(facts.service))
  },
}

function describeProvider({ name, kind, upstream }: Service) {
  const patterns = kind.rows?.filter((row) => row.class !== 'never').map(({ pattern }) => pattern)
  return {
    api: name,
    configured: upstream !== null && upstream.key !== null,
    baseUrl: upstream === null ? null : addressOf(upstream),
    allowedEndpoints: [...new Set(patterns)],
  }
}
