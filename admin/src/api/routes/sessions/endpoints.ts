/** Sessions, ended one by one or all, and the caller's own sign-ins of the last 30 days. */
import { formatInstant } from '../../../../../gatekeeper/src/lib/instant.ts'
import { readNewestRecords } from '../../../../../gatekeeper/src/operations/audit/read-newest.ts'
import type { SigninDeps } from '../../../signin/signin-deps.ts'
import { endSession, endSessionsOf, sessionsInForce } from '../../../store/change-sessions.ts'
import { endsOf } from '../../../store/sessions.ts'
import type { Session } from '../../../store/tables.ts'
import { ApiError } from '../../api-error.ts'
import type { Caller } from '../../caller.ts'
import { defineEndpoint, type Endpoint } from '../../endpoint.ts'
import { isInScope, mayChange, scopeOf } from '../../scope.ts'
import { requirePerson } from '../passkeys/endpoints.ts'
import { idParams } from '../passkeys/schema.ts'
import { endedSessions, sessionList, sessionQuery, signinList } from './schema.ts'

/** Returns the rows of `/sessions` and `/signins`. */
export function sessionListEndpoints(deps: SigninDeps): readonly Endpoint[] {
  return [...readingEndpoints(deps), ...endingEndpoints(deps)]
}

function readingEndpoints(deps: SigninDeps): readonly Endpoint[] {
  const { store, clock, people } = deps
  return [
    defineEndpoint({
      method: 'GET',
      path: '/sessions',
      summary: 'Lists your sessions, or those of another person for whoever sees everything.',
      roles: 'any',
      query: sessionQuery,
      answers: { 200: sessionList },
      handle: async ({ caller, query: { person } }) => {
        const id = person ?? requirePerson(caller).id
        const scope = scopeOf(caller)
        const found = people.find(id)
        const isSeen = found !== null && (id === scope.personId || isInScope(scope, found))
        if (!isSeen) throw noPerson()
        const sessions = await sessionsInForce(store, id, clock())
        return { status: 200, body: { items: sessions.map((one) => view(one, caller, deps)) } }
      },
    }),
    defineEndpoint({
      method: 'GET',
      path: '/signins',
      summary: 'Lists your sign-ins of the last 30 days, newest first.',
      roles: 'any',
      answers: { 200: signinList },
      handle: async ({ caller, signal }) => {
        const items = await readSignins(requirePerson(caller).id, signal, deps)
        return { status: 200, body: { items } }
      },
    }),
  ]
}

function endingEndpoints({ store, people }: SigninDeps): readonly Endpoint[] {
  return [
    defineEndpoint({
      method: 'DELETE',
      path: '/sessions/:id',
      summary: 'Ends a session of yours, or anybody’s for owners and admins.',
      roles: 'any',
      event: 'session.ended',
      params: idParams,
      answers: { 204: null },
      handle: async ({ caller, params: { id }, recordEnded }) => {
        const session = await store.queries
          .selectFrom('sessions')
          .select('person')
          .where('id', '=', id)
          .executeTakeFirst()
        const scope = scopeOf(caller)
        const of = session === undefined ? null : people.find(session.person)
        const isAllowed = of !== null && (of.id === scope.personId || mayChange(scope, of))
        if (session === undefined || !isAllowed)
          throw new ApiError('not_found', 'There is no such session.')
        const user = people.find(session.person)?.name
        await endSession(store, id)
        await recordEnded([{ event: 'session.ended', session: id, person: session.person, user }])
        return { status: 204 }
      },
    }),
    defineEndpoint({
      method: 'DELETE',
      path: '/sessions',
      summary: 'Ends all of your sessions except this one.',
      roles: 'any',
      event: 'session.ended',
      answers: { 200: endedSessions },
      handle: async ({ caller, recordEnded }) => {
        const { id, name } = requirePerson(caller)
        const except = caller.session?.id ?? null
        const ended = await endSessionsOf(store, { person: id, except })
        await recordEnded([
          { event: 'session.ended', session: 'others', person: id, user: name, ended },
        ])
        return { status: 200, body: { ended } }
      },
    }),
  ]
}

const noPerson = () => new ApiError('not_found', 'There is no such person.')

function view(session: Session, caller: Caller, { people }: Pick<SigninDeps, 'people'>) {
  const { id, person, method, created_at, last_seen_at, address, agent } = session
  return {
    ...{ id, method, address, agent, isCurrent: id === caller.session?.id },
    person: { id: person, name: people.find(person)?.name ?? '' },
    createdAt: formatInstant(created_at),
    lastSeenAt: formatInstant(last_seen_at),
    endsAt: formatInstant(endsOf(session).endsAt),
  }
}

const dayMs = 86_400_000
const signinsMax = 100
const events = new Set(['signin.succeeded', 'signin.failed', 'signin.ended', 'session.ended'])

async function readSignins(
  person: string,
  signal: AbortSignal,
  { installation, clock }: SigninDeps,
): Promise<object[]> {
  const found: object[] = []
  const now = clock()
  const question = { folder: installation.auditFolder, sinceAt: now - 30 * dayMs, untilAt: now }
  await readNewestRecords({ ...question, signal }, ({ chain, record }) => {
    if (chain !== 'acts' || record['person'] !== person) return
    if (!events.has(String(record['event']))) return
    found.push(describeSignin(record))
    if (found.length > signinsMax) found.shift()
  })
  return found.reverse()
}

function describeSignin(record: Readonly<Record<string, unknown>>): object {
  const text = (name: string) => {
    const value = record[name]
    return typeof value === 'string' ? value : null
  }
  return {
    ...{ at: text('at'), event: text('event'), success: record['success'] !== false },
    ...{ method: text('method'), provider: text('provider'), why: text('why') },
    address: text('clientAddress'),
  }
}
