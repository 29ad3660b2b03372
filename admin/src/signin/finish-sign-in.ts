/** The end of every way to sign in: the record, and then the session. */
import type { Person } from '../../../gatekeeper/src/model/person.ts'
import type { Reply } from '../api/endpoint.ts'
import { createSession } from '../store/change-sessions.ts'
import type { Halves } from '../store/sessions.ts'
import type { AttemptName } from './attempts.ts'
import { type SigninCall, type SigninDeps, signInFailed } from './signin-deps.ts'

/** Makes a session for the person and returns the answer with both halves, each in its place. */
export async function finishSignIn(
  { person, method }: { readonly person: Person; readonly method: string },
  call: SigninCall,
  { store, clock }: SigninDeps,
): Promise<Reply> {
  const { clientAddress: address, userAgent: agent } = call
  const about = { person: person.id, user: person.name, method }
  await call.record([{ event: 'signin.succeeded', ...about }])
  const halves = await createSession(store, { person: person.id, method, address, agent }, clock())
  return answerWith(halves)
}

/**
 * Returns the answer that hands a page its session. It takes the place of one that was there before:
 * what another port of this host planted ends here.
 */
export function answerWith({ cookie, half }: Halves, body: object = {}): Reply {
  const value = `__Host-gk_session=${cookie}; Path=/; Secure; HttpOnly; SameSite=Strict`
  return {
    status: 200,
    body: { ...body, session: half },
    fields: { 'set-cookie': value, 'cache-control': 'no-store' },
  }
}

/** A failed sign-in, for the record: the person only if they are known for certain. */
export type Failure = {
  readonly way: AttemptName
  readonly why: string
  readonly person?: Person | null
  readonly provider?: string
}

/** Counts the failure, and records it within bounds; returns the error to throw. */
export async function failSignIn(
  { way, why, person = null, provider }: Failure,
  { record, clientAddress: address }: SigninCall,
  { attempts }: SigninDeps,
): Promise<Error> {
  attempts.count(way, address)
  const leftOut = attempts.takeRecord()
  if (leftOut === null) return signInFailed()
  await record([
    {
      ...{ event: 'signin.failed', success: false, method: way, why },
      ...(person !== null && { person: person.id, user: person.name }),
      ...(provider !== undefined && { provider }),
      ...(leftOut > 0 && { leftOut }),
    },
  ])
  return signInFailed()
}
