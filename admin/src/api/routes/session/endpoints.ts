/** The caller's own session. */
import type { ApiDeps } from '../../api-deps.ts'
import { defineEndpoint, type Endpoint } from '../../endpoint.ts'

/** Returns the rows of `/session`. */
export function sessionEndpoints({ store }: ApiDeps): readonly Endpoint[] {
  return [
    defineEndpoint({
      method: 'DELETE',
      path: '/session',
      summary: 'Signs out: ends the session of this call.',
      roles: 'any',
      answers: { 204: null },
      handle: async ({ caller }) => {
        await store.queries
          .deleteFrom('sessions')
          .where('id', '=', caller.session?.id ?? '')
          .execute()
        return { status: 204 }
      },
    }),
  ]
}
