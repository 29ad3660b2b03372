/** One-time links for new people, and for those who lost their passkeys. A link is shown once. */
import { formatInstant } from '../../../../../gatekeeper/src/lib/instant.ts'
import type { PersonRole } from '../../../../../gatekeeper/src/model/person.ts'
import {
  createInvitation,
  endInvitation,
  type Invitation,
  type Invited,
  invitationLink,
  openInvitations,
} from '../../../store/invitations.ts'
import { ApiError } from '../../api-error.ts'
import { type Call, defineEndpoint, type Endpoint, type Reply } from '../../endpoint.ts'
import { isInScope, mayChange, scopeOf } from '../../scope.ts'
import { requireOwnTeamsName } from '../names.ts'
import { idParams } from '../passkeys/schema.ts'
import { changers, requireFound, requireNoOwner, requireRank, seers } from '../people/guard.ts'
import type { PeopleDeps } from '../people/read-endpoints.ts'
import { invitationList, madeLink, newInvitation } from '../people/schema.ts'
import { requireTeam } from '../teams.ts'

/** Returns the rows of `/invitations`, and `/people/:id/reset`. */
export function invitationEndpoints(deps: PeopleDeps): readonly Endpoint[] {
  return [...listEndpoints(deps), ...makingEndpoints(deps)]
}

function listEndpoints({ store, clock }: PeopleDeps): readonly Endpoint[] {
  return [
    defineEndpoint({
      method: 'GET',
      path: '/invitations',
      summary: 'Lists the links that were not used yet.',
      roles: seers,
      answers: { 200: invitationList },
      handle: async ({ caller }) => {
        const scope = scopeOf(caller)
        const open = await openInvitations(store, clock())
        const seen = open.filter(({ team }) => isInScope(scope, { team }))
        const items = seen.map(({ id, kind, name, title, team, role, ...rest }) => ({
          ...{ id, kind, name, title, team, role: role as PersonRole, invitedBy: rest.invited_by },
          ...{
            createdAt: formatInstant(rest.created_at),
            expiresAt: formatInstant(rest.expires_at),
          },
        }))
        return { status: 200, body: { items } }
      },
    }),
    defineEndpoint({
      method: 'DELETE',
      path: '/invitations/:id',
      summary: 'Ends a link.',
      roles: changers,
      event: 'person.uninvited',
      params: idParams,
      answers: { 204: null },
      handle: async ({ params, recordEnded, caller }) => {
        const scope = scopeOf(caller)
        const isMeant = ({ team }: Pick<Invitation, 'team'>) => mayChange(scope, { team })
        const ended = await endInvitation(store, params.id, isMeant)
        if (ended === null) throw new ApiError('not_found', 'There is no such link.')
        await recordEnded([{ event: 'person.uninvited', user: ended.name, invitation: ended.id }])
        return { status: 204 }
      },
    }),
  ]
}

function makingEndpoints(deps: PeopleDeps): readonly Endpoint[] {
  const { people } = deps
  return [
    defineEndpoint({
      method: 'POST',
      path: '/invitations',
      summary: 'Makes a one-time link with which a new person signs in.',
      roles: changers,
      event: 'person.invited',
      stepUp: 'person.invite',
      body: newInvitation,
      answers: { 201: madeLink },
      handle: async (call) => {
        const { name, title = null, role, access = null } = call.body
        requireRank(call.caller, role)
        const team = requireTeam(call.caller, call.body.team)
        requireNoOwner(role, team)
        // An earlier link for a name ends with a new one, so one of another team takes the name.
        const open = await openInvitations(deps.store, deps.clock())
        const isForeign = open.some(
          (one) => one.name === name && !mayChange(scopeOf(call.caller), { team: one.team }),
        )
        if (isForeign || people.named(name) !== null) {
          throw new ApiError('exists', 'There is already a person of this name.')
        }
        await requireOwnTeamsName(call.caller, name, deps)
        const kind = 'invite'
        return await make({ kind, person: null, name, title, team, role, access }, call, deps)
      },
    }),
    defineEndpoint({
      method: 'POST',
      path: '/people/:id/reset',
      summary:
        'Makes a one-time link for a person who lost their passkeys; using it ends all others.',
      roles: changers,
      event: 'person.invited',
      stepUp: 'person.invite',
      params: idParams,
      answers: { 201: madeLink },
      handle: async (call) => {
        const person = requireFound(people.find(call.params.id), call.caller)
        requireRank(call.caller, person.role)
        if (person.disabled) throw new ApiError('conflict', 'This person is disabled.')
        const { id, name, title, team, role } = person
        const wanted = { kind: 'reset', person: id, name, title, team, role, access: null } as const
        return await make(wanted, call, deps)
      },
    }),
  ]
}

async function make(
  wanted: Omit<Invited, 'invitedBy'>,
  { caller, record }: Pick<Call<unknown, unknown, unknown>, 'caller' | 'record'>,
  { store, clock, settings }: PeopleDeps,
): Promise<Reply> {
  const { kind, name, role, team = null, person } = wanted
  const act = { event: 'person.invited', kind, user: name, role, ...(team !== null && { team }) }
  await record([{ ...act, ...(person !== null && { person }) }])
  const invited = { ...wanted, invitedBy: caller.id }
  const { id, code, expiresAt } = await createInvitation(store, invited, clock())
  const link = invitationLink(settings.origin, code)
  return {
    status: 201,
    body: { id, link, code, expiresAt: formatInstant(expiresAt) },
    fields: { 'cache-control': 'no-store' },
  }
}
