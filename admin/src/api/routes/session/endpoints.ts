/** The caller's own session, and what every page of the console shows around its content. */
import { formatInstant } from '../../../../../gatekeeper/src/lib/instant.ts'
import { formatLimit } from '../../../../../gatekeeper/src/model/limit.ts'
import type { Person } from '../../../../../gatekeeper/src/model/person.ts'
import { readEveryClient } from '../../../../../gatekeeper/src/operations/clients/read-clients.ts'
import { readProviderKeys } from '../../../../../gatekeeper/src/operations/vault/provider-key-writer.ts'
import { endsOf } from '../../../store/sessions.ts'
import type { Session } from '../../../store/tables.ts'
import type { ApiDeps } from '../../api-deps.ts'
import { ApiError } from '../../api-error.ts'
import type { Caller } from '../../caller.ts'
import { readDegraded } from '../../degraded.ts'
import { defineEndpoint, type Endpoint } from '../../endpoint.ts'
import { isInScope, type Owned, type Scope, scopeOf } from '../../scope.ts'
import { sessionView } from './schema.ts'

/** Returns the rows of `/session`. */
export function sessionEndpoints(deps: ApiDeps): readonly Endpoint[] {
  return [
    defineEndpoint({
      method: 'GET',
      path: '/session',
      summary: 'Says who is signed in, until when, and what this installation is.',
      roles: 'any',
      answers: { 200: sessionView },
      handle: async ({ caller }) => ({ status: 200, body: await describe(caller, deps) }),
    }),
    defineEndpoint({
      method: 'DELETE',
      path: '/session',
      summary: 'Signs out: ends the session of this call.',
      roles: 'any',
      event: 'signin.ended',
      answers: { 204: null },
      handle: async ({ caller, recordEnded }) => {
        const { session, person } = requireSession(caller)
        await deps.store.queries.deleteFrom('sessions').where('id', '=', session.id).execute()
        await recordEnded([
          { event: 'signin.ended', person: person.id, user: person.name, session: session.id },
        ])
        return { status: 204, fields: { 'clear-site-data': '"cache"' } }
      },
    }),
  ]
}

/** A token has no session to show or end. */
function requireSession({ session, person }: Caller) {
  if (session !== null && person !== null) return { session, person }
  throw new ApiError('not_found', 'A token has no session.')
}

async function describe(caller: Caller, deps: ApiDeps) {
  const { session, person } = requireSession(caller)
  const { store, settings, installation, version } = deps
  const row = await store.queries
    .selectFrom('sessions')
    .selectAll()
    .where('id', '=', session.id)
    .executeTakeFirst()
  if (row === undefined) throw new ApiError('no_session', 'Sign in.')
  const scope = scopeOf(caller)
  return {
    person: describePerson(person),
    session: describeSession(row),
    passkeys: await countPasskeys(person, deps),
    site: { consoleUrl: settings.origin, baseUrl: installation.baseUrl, version },
    teams: scope.seesAll ? await readTeams(deps) : [],
    counts: await countThings(scope, deps),
    // They name files and folders of the host.
    degraded: scope.seesAll ? await readDegraded(deps) : [],
  }
}

function describePerson({ id, name, title, team, role, access, logins }: Person) {
  const limits = access?.limits.map(formatLimit) ?? []
  return {
    ...{ id, name, title, team, role },
    access:
      access === null
        ? null
        : { role: access.role, services: access.services, models: access.models, limits },
    logins: logins.map(({ provider, subject }) => ({ provider, subject })),
  }
}

function describeSession(session: Session) {
  const { endsAt, idleUntil } = endsOf(session)
  return {
    id: session.id,
    createdAt: formatInstant(session.created_at),
    authenticatedAt: formatInstant(session.authenticated_at),
    idleUntil: formatInstant(idleUntil),
    endsAt: formatInstant(endsAt),
  }
}

async function countPasskeys({ id }: Person, { store }: ApiDeps): Promise<number> {
  const { count } = await store.queries
    .selectFrom('passkeys')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('person', '=', id)
    .executeTakeFirstOrThrow()
  return count
}

/** A broken file names no team. */
async function readTeams({ keys, people, installation }: ApiDeps): Promise<string[]> {
  const lists: readonly (readonly Owned[])[] = await Promise.all([
    keys.now().then(
      (now) => now.keys,
      () => [],
    ),
    readEveryClient(installation).catch(() => []),
    people.all(),
  ])
  const named = lists.flatMap((all) => all.flatMap(({ team }) => team ?? []))
  return [...new Set([...installation.limitedTeams, ...named])].sort()
}

/** A file that is broken now must not take the whole console away: it counts as nothing. */
async function countThings(scope: Scope, { keys, people, installation }: ApiDeps) {
  const orNone = async (list: () => Promise<readonly Owned[]>) => {
    const all = await list().catch(() => [])
    return all.filter((one) => isInScope(scope, one)).length
  }
  const mayList = scope.seesAll || scope.team !== null
  const ofMany = async (list: () => Promise<readonly Owned[]>) => (mayList ? await orNone(list) : 0)
  return {
    keys: await orNone(async () => (await keys.now()).keys),
    clients: await ofMany(async () => await readEveryClient(installation)),
    people: await ofMany(async () => people.all()),
    providerKeys: await ofMany(async () =>
      Object.values(await readProviderKeys(installation.providersFile)),
    ),
  }
}
