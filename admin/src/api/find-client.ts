/**
 * Tokens of class admin, for automation. The admin process has no keys to verify them: it asks the
 * running gatekeeper, which also knows what was revoked and what the client may do now.
 */
import { z } from 'zod'
import type { Clock } from '../../../gatekeeper/src/lib/clock.ts'
import { createRateLimiter } from '../../../gatekeeper/src/lib/load/rate-limiter.ts'
import { groupAddress } from '../../../gatekeeper/src/lib/net/address-group.ts'
import type { AskGatekeeper } from '../../../gatekeeper/src/operations/ask-gatekeeper.ts'
import { ApiError } from './api-error.ts'
import type { Caller } from './caller.ts'

const answer = z.object({ client: z.string().startsWith('client:').nullable() })

/** Bad tokens of an address: each costs the gatekeeper a look at a signature. */
const badTokens = { burst: 20, perMinute: 20 }

export type FindClient = (token: string, clientAddress: string) => Promise<Caller | null>

/** Returns the function that finds the client of a token; null for one that is not valid now. */
export function createClientFinder(askGatekeeper: AskGatekeeper, clock?: Clock): FindClient {
  const limiter = createRateLimiter(badTokens, clock)
  return async (token, clientAddress) => {
    if (!isOfClass(token)) return null
    const group = groupAddress(clientAddress)
    if (!limiter.take(group)) {
      throw new ApiError('too_many', 'Too many tokens that are not valid.', {
        retryAfterSeconds: 60,
      })
    }
    const id = await ask(askGatekeeper, { token, clientAddress })
    if (id === null) return null
    limiter.giveBack(group)
    const name = id.slice('client:'.length)
    // As an admin: a client changes no owner, and acts that a person must prove are not for it.
    return { ...{ id, name, role: 'admin', person: null, session: null } }
  }
}

async function ask(askGatekeeper: AskGatekeeper, question: object): Promise<string | null> {
  try {
    const { document } = await askGatekeeper('/admin-token', question)
    return answer.parse(document).client
  } catch {
    throw new ApiError(
      'unavailable',
      'The gatekeeper does not answer, so no token can be verified.',
    )
  }
}

/** Whether the token says that it is of the class admin; others are not even asked about. */
function isOfClass(token: string): boolean {
  const [head = '', ...rest] = token.split('.')
  if (token.length > 16_384 || rest.length !== 2) return false
  try {
    const { typ } = JSON.parse(Buffer.from(head, 'base64url').toString()) as { typ?: unknown }
    return typ === 'gk-admin+jwt'
  } catch {
    return false
  }
}
