/**
 * Finds who calls. It runs before the router, so that no route can forget it and nobody can find out
 * which paths exist.
 */
import type { IncomingMessage } from 'node:http'
import { findSession, findSessionById } from '../store/sessions.ts'
import type { Session } from '../store/tables.ts'
import type { ApiDeps } from './api-deps.ts'
import { ApiError } from './api-error.ts'
import type { Caller } from './caller.ts'
import { readShown } from './credentials.ts'
import { clientAddressOf } from './edge.ts'
import type { FindClient } from './find-client.ts'
import { requireSameOrigin } from './same-origin.ts'

export type AuthenticateDeps = Pick<ApiDeps, 'store' | 'people' | 'clock' | 'settings'> & {
  /** Returns the client of a token of class admin, or null if the token is not valid now. */
  readonly findClient: FindClient
}

/** Calls open endpoints; has no rights and owns nothing. */
export const nobody: Caller = Object.freeze({
  ...{
    id: 'anonymous',
    name: 'anonymous',
    role: 'member',
    team: null,
    person: null,
    session: null,
  },
})

/** Returns who calls; rejects with an ApiError if nobody in force does, or another site's page. */
export async function authenticate(
  request: IncomingMessage,
  deps: AuthenticateDeps,
): Promise<Caller> {
  const shown = readShown(request)
  if (shown.kind === 'token') {
    const caller = await deps.findClient(shown.token, clientAddressOf(request))
    if (caller === null) throw noSession()
    return caller
  }
  requireSameOrigin(request, deps.settings.origin)
  if (shown.kind === 'none') throw noSession()
  const session = await findSession(deps.store, shown.halves, deps.clock())
  const caller = session === null ? null : await callerOf(session, deps)
  if (caller === null) throw noSession()
  return caller
}

/**
 * Returns the caller with the rights of now. A body may take half a minute to arrive, and whoever is
 * disabled meanwhile must not end a call that began before.
 */
export async function authenticateAgain(
  caller: Caller,
  request: IncomingMessage,
  deps: AuthenticateDeps,
): Promise<Caller> {
  if (caller === nobody) return nobody
  if (caller.session === null) return await authenticate(request, deps)
  const session = await findSessionById(deps.store, caller.session.id, deps.clock())
  const found = session === null ? null : await callerOf(session, deps)
  if (found === null) throw noSession()
  return found
}

/**
 * Returns the person of the session with the rights of now. The session of a person who was disabled
 * or removed ends here for good: enabling the person does not bring it back.
 */
export async function callerOf(
  session: Session,
  { people, store }: Pick<ApiDeps, 'people' | 'store'>,
): Promise<Caller | null> {
  const person = people.find(session.person)
  if (person === null || person.disabled) {
    await store.queries.deleteFrom('sessions').where('person', '=', session.person).execute()
    return null
  }
  return {
    id: `person:${person.id}`,
    name: person.name,
    role: person.role,
    team: person.team,
    person,
    session: { id: session.id, authenticatedAt: session.authenticated_at },
  }
}

const noSession = () => new ApiError('no_session', 'Sign in.')
