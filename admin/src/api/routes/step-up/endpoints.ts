/** Proofs for single acts. */
import { z } from 'zod'
import { answerWith } from '../../../signin/finish-sign-in.ts'
import { assertionResponse } from '../../../signin/passkeys/passkey-schema.ts'
import type { SigninDeps } from '../../../signin/signin-deps.ts'
import { beginStepUp, finishStepUp } from '../../../signin/step-up.ts'
import { stepUpActs } from '../../../store/step-up-acts.ts'
import { ApiError } from '../../api-error.ts'
import type { Caller } from '../../caller.ts'
import { defineEndpoint, type Endpoint } from '../../endpoint.ts'
import { requirePerson } from '../passkeys/endpoints.ts'
import { secret } from '../signin/schema.ts'

const wanted = z.strictObject({
  act: z.enum(stepUpActs),
  target: z.string().min(1).max(200).optional(),
})

const begunStepUp = z.object({
  ways: z.array(z.enum(['passkey', 'provider', 'code'])),
  providers: z.array(z.object({ name: z.string(), title: z.string() })),
  challengeId: secret,
  options: z.record(z.string(), z.unknown()).nullable(),
})

const shown = z.union([
  z.strictObject({ challengeId: secret, response: assertionResponse }),
  z.strictObject({ challengeId: secret, ticket: secret, secret }),
  z.strictObject({ challengeId: secret, code: z.string().max(40) }),
])

/** The proof, and the new second half of the session. */
const proven = z.object({ stepUp: secret, session: secret })

/** Returns the rows of `/step-up`. */
export function stepUpEndpoints(deps: SigninDeps): readonly Endpoint[] {
  return [
    defineEndpoint({
      method: 'POST',
      path: '/step-up/begin',
      summary: 'Begins the proof for one act.',
      roles: 'any',
      event: null,
      body: wanted,
      answers: { 200: begunStepUp },
      handle: async ({ caller, body: { act, target = null } }) => {
        const body = await beginStepUp({ ...requireSession(caller), act, target }, deps)
        return { status: 200, body }
      },
    }),
    defineEndpoint({
      method: 'POST',
      path: '/step-up/finish',
      summary: 'Returns a proof that is good for one call of the act within two minutes.',
      roles: 'any',
      event: null,
      body: shown,
      answers: { 200: proven },
      handle: async (call) => {
        const who = requireSession(call.caller)
        const { stepUp, halves } = await finishStepUp(call.body, who, { call, deps })
        return answerWith(halves, { stepUp })
      },
    }),
  ]
}

function requireSession(caller: Caller) {
  const person = requirePerson(caller)
  if (caller.session === null) throw new ApiError('role', 'This needs the session of a person.')
  return { person, session: caller.session.id }
}
