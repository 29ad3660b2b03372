import { randomBytes } from 'node:crypto'
import { pathParameters } from '../../kinds/find-endpoint.ts'
import { RefusedError } from '../../model/refused-error.ts'
import type { HandOver } from '../serve/hand-over.ts'
import type { OwnEndpoints } from '../serve/own.ts'

export type AdminUserDeps = {
  readonly handOver: HandOver
  /** Gives the calls of a principal another name; resolves with whether that was written. */
  readonly renameCaller: (from: string, to: string) => Promise<boolean>
}

/**
 * `DELETE /admin/users/ID`: the admin process removes the user; then its calls, which only the
 * gatekeeper writes, get a pseudonym. Where that fails the request can be sent again.
 */
export function adminUserEndpoints({ handOver, renameCaller }: AdminUserDeps): OwnEndpoints {
  return {
    '/admin/users/{+id}': async (request) => {
      const { endpoint, endpointPath } = request.admission.facts
      const answer = await handOver(request)
      if (endpoint?.method !== 'DELETE' || answer.status !== 200) return answer
      const name = pathParameters(endpoint, endpointPath)['id'] ?? ''
      const [appId = ''] = name.split(':', 1)
      const pseudonym = `app:${appId}:removed-${randomBytes(8).toString('hex')}`
      const isDurable = await renameCaller(`app:${name}`, pseudonym)
      if (!isDurable) throw new RefusedError('ledger-unavailable')
      return answer
    },
  }
}
