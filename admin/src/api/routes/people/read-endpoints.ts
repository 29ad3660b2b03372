import {
  madeBy,
  readMade,
  workingNow,
} from '../../../../../gatekeeper/src/operations/people/read-people.ts'
import type { SigninDeps } from '../../../signin/signin-deps.ts'
import { pageOf } from '../../cursor.ts'
import { type Call, defineEndpoint, type Endpoint } from '../../endpoint.ts'
import { isInScope, scopeOf } from '../../scope.ts'
import { idParams } from '../passkeys/schema.ts'
import { requireFound, seers } from './guard.ts'
import { createPersonViews, tagOfPerson } from './person-view.ts'
import { madeView, peoplePage, peopleQuery, personView } from './schema.ts'

/** What the endpoints of people work with. */
export type PeopleDeps = SigninDeps

/** Returns the rows that show people. */
export function peopleReadEndpoints(deps: PeopleDeps): readonly Endpoint[] {
  const { people, installation, clock } = deps
  return [
    defineEndpoint({
      method: 'GET',
      path: '/people',
      summary: 'Lists people with role, access, passkeys and last sign-in.',
      roles: seers,
      query: peopleQuery,
      answers: { 200: peoplePage },
      handle: async (call) => ({ status: 200, body: await list(call, deps) }),
    }),
    defineEndpoint({
      method: 'GET',
      path: '/people/:id',
      summary: 'Shows one person; the ETag is for If-Match of a change.',
      roles: seers,
      params: idParams,
      answers: { 200: personView },
      handle: async ({ params, caller }) => {
        const person = requireFound(people.find(params.id), caller)
        const { view } = await createPersonViews(caller, deps)
        return { status: 200, body: view(person), etag: tagOfPerson(person) }
      },
    }),
    defineEndpoint({
      method: 'GET',
      path: '/people/:id/keys',
      summary: 'Lists the working keys and clients that would stop if the person were disabled.',
      roles: seers,
      params: idParams,
      answers: { 200: madeView },
      handle: async ({ params, caller }) => {
        const { id } = requireFound(people.find(params.id), caller)
        const made = workingNow(madeBy(id, await readMade(installation)), clock())
        // What was made in another team stays there, and is not seen from this one.
        const scope = scopeOf(caller)
        const keys = made.keys.filter((one) => isInScope(scope, one))
        const clients = made.clients.filter((one) => isInScope(scope, one))
        return {
          status: 200,
          body: {
            keys: keys.map(({ id, user, description }) => ({ id, user, description })),
            clients: clients.map(({ id, app }) => ({ id, isApp: app !== null })),
          },
        }
      },
    }),
  ]
}

type Query = {
  readonly limit: number
  readonly cursor?: string | undefined
  readonly q?: string | undefined
  readonly role?: string | undefined
  readonly team?: string | undefined
  readonly sort: string
}

async function list({ query, caller }: Call<unknown, Query, unknown>, deps: PeopleDeps) {
  const { limit, cursor, q = '', role, team, sort } = query
  const scope = scopeOf(caller)
  const { view, lastSignInOf } = await createPersonViews(caller, deps)
  const wanted = q.toLowerCase()
  const found = deps.people
    .all()
    .filter((person) => isInScope(scope, person))
    .filter((person) => team === undefined || person.team === team)
    .filter((person) => role === undefined || person.role === role)
    .filter(({ name, title }) => `${name}\n${title ?? ''}`.toLowerCase().includes(wanted))
  const isByName = sort.endsWith('name')
  const sortedBy = (person: (typeof found)[number]) =>
    isByName ? person.name.toLowerCase() : (lastSignInOf(person.id) ?? 0)
  const direction = sort.startsWith('-') ? -1 : 1
  const sorted = found.toSorted((one, other) => {
    const [left, right] = [sortedBy(one), sortedBy(other)]
    if (left === right) return one.id < other.id ? -1 : 1
    return left < right ? -direction : direction
  })
  const positionOf = (person: (typeof found)[number]) => ({ by: sortedBy(person), id: person.id })
  const order = { sort, q, role, team, of: scope.team }
  const page = pageOf(sorted, { limit, cursor }, { order, positionOf })
  return { ...page, items: page.items.map(view) }
}
