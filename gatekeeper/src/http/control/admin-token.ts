/**
 * Verifies tokens of class admin for the admin process, which has no keys and no revocations. The
 * right to administer is looked up again here: the token was given by the client's rights of then.
 */
import type Koa from 'koa'
import { z } from 'zod'
import { controlName } from '../../model/known-services.ts'
import { type Principal, teamsOf } from '../../model/principal.ts'
import type { Reason } from '../../model/reason.ts'
import { createRouter, reply, routesOf } from '../router.ts'
import { jsonAnswer } from '../send.ts'
import { jsonReader } from './read-json.ts'

const question = z.strictObject({
  token: z.string().min(1).max(16_384),
  clientAddress: z.string().min(1).max(100),
})

type Authenticate = (token: string) => Promise<Principal | Reason>

/** Returns the handler of `POST /admin-token`: `{client}` is the id, or null if the token is not valid. */
export function adminTokenRoute(authenticate: Authenticate): Koa.Middleware {
  const router = createRouter()
  router.post(
    '/admin-token',
    jsonReader('32kb'),
    reply(async ({ request }) => {
      const parsed = question.safeParse(request.body)
      if (!parsed.success) return jsonAnswer(400, { status: 'no question' })
      const { token, clientAddress } = parsed.data
      const principal = await authenticate(token)
      const client = typeof principal === 'string' ? null : clientOf(principal, clientAddress)
      return jsonAnswer(200, { client })
    }),
  )
  return routesOf(router)
}

function clientOf(principal: Principal, clientAddress: string): string | null {
  const { kind, id, role, services, isAddressAllowed } = principal
  const isOfTeam = teamsOf(principal).length > 0
  const isAdmin = role === 'admin' && services.includes(controlName)
  const mayAdminister = kind === 'client' && isAdmin && !isOfTeam
  const isNear = isAddressAllowed === null || isAddressAllowed(clientAddress)
  return mayAdminister && isNear ? id : null
}
