import type { z } from 'zod'
import type { Person } from '../../../../../gatekeeper/src/model/person.ts'
import {
  changePerson,
  type PersonAct,
  type PersonChange,
  removePerson,
} from '../../../../../gatekeeper/src/operations/people/people-writer.ts'
import { viewPerson } from '../../../../../gatekeeper/src/operations/people/read-people.ts'
import { answerWith } from '../../../signin/finish-sign-in.ts'
import { endSessionsOf, renewSession } from '../../../store/change-sessions.ts'
import { forgetSignIn } from '../../../store/last-sign-ins.ts'
import { removeAllPasskeys } from '../../../store/passkeys.ts'
import { ApiError } from '../../api-error.ts'
import type { Caller } from '../../caller.ts'
import { type Call, defineEndpoint, type Endpoint, type Reply } from '../../endpoint.ts'
import { refuseChanged, requireMatch } from '../../etag.ts'
import { mergePatch } from '../../merge-patch.ts'
import { mayChange, scopeOf } from '../../scope.ts'
import { idParams } from '../passkeys/schema.ts'
import { requireTeamKept } from '../teams.ts'
import {
  changers,
  requireFound,
  requireNoOwner,
  requireOwn,
  requireRank,
  toApiError,
} from './guard.ts'
import { createPersonViews, tagOfPerson } from './person-view.ts'
import type { PeopleDeps } from './read-endpoints.ts'
import { changedPerson, personAccess, personChange } from './schema.ts'

/** Returns the rows that change people. */
export function peopleWriteEndpoints(deps: PeopleDeps): readonly Endpoint[] {
  const { people } = deps
  return [
    defineEndpoint({
      method: 'PATCH',
      path: '/people/:id',
      summary: 'Changes title, role, access, the address for services, or disables a person.',
      condition: 'If-Match',
      roles: changers,
      event: 'person.changed',
      stepUp: ({ params, body, caller }) => {
        const person = people.find(params.id)
        // Of somebody out of scope it must not be possible to find out the role.
        const known = person !== null && mayChange(scopeOf(caller), person) ? person : null
        const isRole = body.role !== undefined && body.role !== known?.role
        // A role reaches as far as the team: an admin of none is one of everything.
        const isReach = known !== null && body.team !== undefined && body.team !== known.team
        return isRole || (isReach && known.role !== 'member') ? 'person.role' : null
      },
      params: idParams,
      body: personChange,
      answers: { 200: changedPerson },
      handle: async (call) => await change(call, deps),
    }),
    defineEndpoint({
      method: 'DELETE',
      path: '/people/:id',
      summary: 'Removes a person; keys and clients that they made are refused from then on.',
      roles: changers,
      event: 'person.removed',
      params: idParams,
      answers: { 204: null },
      handle: async (call) => {
        const { caller, params, ifMatch } = call
        requireOther(caller, params.id)
        // Nobody is kept in by an audit that cannot be written.
        const ended = { record: call.recordEnded }
        await removeWhole(params.id, ended, deps, (person) => {
          requireOwn(person, caller)
          requireRank(caller, person.role)
          refuseChanged(ifMatch, tagOfPerson(person))
        })
        return { status: 204 }
      },
    }),
  ]
}

type Change = Call<{ readonly id: string }, unknown, z.output<typeof personChange>>

/** Returns the change with the whole access, as `people.json` has it. */
function readChange({ access, ...body }: Change['body'], before: Person): PersonChange {
  const given = Object.entries(body).filter(([, value]) => value !== undefined)
  const change = Object.fromEntries(given) as PersonChange
  if (access === undefined) return change
  if (access === null) return { ...change, access }
  const whole = personAccess.safeParse(mergePatch(viewPerson(before).access, access))
  if (whole.success) return { ...change, access: whole.data }
  const problems = whole.error.issues.map(({ path, message }) => {
    return { path: ['access', ...path].map(String).join('.'), message }
  })
  throw new ApiError('invalid', 'The access is not complete.', { problems })
}

async function change(
  { params: { id }, body, caller, ifMatch, record, recordEnded }: Change,
  deps: PeopleDeps,
): Promise<Reply> {
  const { people, installation, clock, store } = deps
  const before = requireFound(people.find(id), caller)
  requireTeamKept(caller, before, body)
  requireOwnAddress(caller, before, body)
  if (body.disabled === true) requireOther(caller, id)
  const wanted = readChange(body, before)
  const { role = before.role, team = before.team } = wanted
  requireNoOwner(role, team ?? null)
  const confirm = (person: Person) => {
    requireOwn(person, caller)
    // Whether a proof was needed was judged by role and team of before.
    if (person.role !== before.role || person.team !== before.team)
      throw new ApiError('changed', 'The role or the team was changed meanwhile.')
    requireRank(caller, person.role, wanted.role ?? person.role)
    requireMatch(ifMatch, tagOfPerson(person))
  }
  // Who only disables is not kept from it by an audit that cannot be written.
  const isEnding = body.disabled === true && Object.keys(body).length === 1
  const recordAll = (acts: readonly PersonAct[]) => (isEnding ? recordEnded : record)(acts)
  const changed = await changePerson(
    installation.peopleFile,
    { id, change: wanted, confirm },
    { clock, record: recordAll },
  ).catch((error: unknown) => {
    throw toApiError(error)
  })
  await people.reload()
  const { view } = await createPersonViews(caller, deps)
  const reply = { status: 200, body: view(changed), etag: tagOfPerson(changed) }
  const isNewRole = changed.role !== before.role
  if (!isNewRole && !changed.disabled) return reply
  // A session never outlives the rights that it began with.
  const own = caller.session !== null && caller.person?.id === id ? caller.session.id : null
  await endSessionsOf(store, { person: id, except: own })
  const halves = own === null ? null : await renewSession(store, own, clock())
  if (halves === null) return reply
  return { ...reply, ...answerWith(halves, reply.body) }
}

/** Services take the address for who somebody is, and services are of every team. */
function requireOwnAddress({ team }: Caller, before: Person, body: Change['body']): void {
  const { serviceEmail = before.serviceEmail } = body
  if (team === null || serviceEmail === before.serviceEmail) return
  throw new ApiError('role', 'An owner, or an admin of no team, sets the address for services.')
}

/** Nobody shuts themselves out by a slip. */
function requireOther(caller: Caller, id: string): void {
  if (caller.person?.id !== id) return
  throw new ApiError('conflict', 'This is you. Somebody else has to do this.')
}

/** Removes a person from `people.json`, and their passkeys and sessions. Rejects with an ApiError. */
export async function removeWhole(
  id: string,
  { record }: Pick<Change, 'record'>,
  { installation, clock, people, store }: PeopleDeps,
  confirm: (person: Person) => void,
): Promise<Person> {
  const recordAll = (acts: readonly PersonAct[]) => record(acts)
  const removed = await removePerson(
    installation.peopleFile,
    { id, confirm },
    { clock, record: recordAll },
  ).catch((error: unknown) => {
    throw toApiError(error)
  })
  await people.reload()
  await endSessionsOf(store, { person: id })
  await removeAllPasskeys(store, id)
  await forgetSignIn(store, id)
  await store.queries.deleteFrom('codes').where('person', '=', id).execute()
  await store.queries
    .deleteFrom('invitations')
    .where((row) => row.or([row('person', '=', id), row('name', '=', removed.name)]))
    .execute()
  return removed
}
