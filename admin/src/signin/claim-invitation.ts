/**
 * The use of a one-time link, by a first passkey or a first login. The link is used up in one
 * statement, so that two pages cannot both use it; then the person is made, if it is a new one.
 */
import type { Person, PersonLogin, PersonRole } from '../../../gatekeeper/src/model/person.ts'
import {
  addLogin,
  addPerson,
  PeopleError,
  type PersonAct,
} from '../../../gatekeeper/src/operations/people/people-writer.ts'
import { ApiError } from '../api/api-error.ts'
import { isAdministering, mayChange, scopeOf } from '../api/scope.ts'
import { endSessionsOf } from '../store/change-sessions.ts'
import { type Invitation, useInvitation } from '../store/invitations.ts'
import { addPasskey, type Passkey, removeAllPasskeys } from '../store/passkeys.ts'
import type { SigninCall, SigninDeps } from './signin-deps.ts'

/** The id that the person has or will have: a new one gets that of the invitation. */
export function inviteeId({ person, id }: Pick<Invitation, 'person' | 'id'>): string {
  return person ?? id
}

type Claimable = Pick<Invitation, 'kind' | 'person' | 'name' | 'team' | 'role' | 'invited_by'>

/**
 * Refuses a link whose purpose is over: its person is gone, somebody was first, or whoever made it
 * might not make it now.
 */
export function requireClaimable(
  { kind, person, name, ...made }: Claimable,
  { people }: Pick<SigninDeps, 'people'>,
): void {
  const found = person === null ? null : people.find(person)
  const isOver =
    kind === 'setup'
      ? people.all().some((one) => one.id !== person)
      : person === null
        ? people.named(name) !== null
        : found === null || found.disabled
  if (isOver) throw new ApiError('conflict', 'This link is for something that was done already.')
  const { role, team } = found ?? { role: made.role as PersonRole, team: made.team }
  if (mayStillInvite(made.invited_by, { role, team }, people)) return
  throw new ApiError('conflict', 'Whoever made this link may not do that any more.')
}

/**
 * A link is worth no more than the rights of who made it, with those of the person whom it is for: both
 * may have changed since. A link of the command line is of whoever owns the files.
 */
function mayStillInvite(
  invitedBy: string,
  { role, team }: Pick<Person, 'role' | 'team'>,
  people: SigninDeps['people'],
): boolean {
  const [kind, id = ''] = invitedBy.split(':')
  if (kind !== 'person') return true
  const maker = people.find(id)
  if (maker === null || maker.disabled) return false
  const scope = scopeOf({ role: maker.role, team: maker.team, person: maker })
  const isRanked = role !== 'owner' || maker.role === 'owner'
  return isRanked && isAdministering(scope) && mayChange(scope, { team })
}

/** What claims the link. */
export type Claim =
  | { readonly kind: 'passkey'; readonly passkey: Passkey }
  | { readonly kind: 'login'; readonly login: PersonLogin }
  /** The link itself, at an address where browsers make no passkeys. */
  | { readonly kind: 'link' }

/**
 * Uses the link for the claim and returns the person. After a link for lost passkeys all earlier ones
 * are gone, and all sessions, because somebody may have found them.
 */
export async function claimInvitation(
  { invitation, claim }: { readonly invitation: Invitation; readonly claim: Claim },
  call: SigninCall,
  deps: SigninDeps,
): Promise<Person> {
  requireClaimable(invitation, deps)
  const isUsed = await useInvitation(deps.store, invitation.id, deps.clock())
  if (!isUsed) throw new ApiError('conflict', 'This link was used already.')
  try {
    const person = await makePerson(invitation, call, deps)
    if (invitation.kind === 'reset') await forget(person, call, deps)
    await addClaim({ person, claim }, call, deps)
    await deps.people.reload()
    return deps.people.find(person.id) ?? person
  } catch (error) {
    if (!(error instanceof PeopleError)) throw error
    throw new ApiError('conflict', error.message)
  }
}

async function makePerson(
  { person, id, name, title, team, role, access }: Invitation,
  { record }: SigninCall,
  { people, installation, clock }: SigninDeps,
): Promise<Person> {
  const existing = person === null ? null : people.find(person)
  if (existing !== null) return existing
  const wanted = { id, name, title, team, role: role as PersonRole }
  return await addPerson(
    installation.peopleFile,
    { ...wanted, access: access === null ? null : JSON.parse(access) },
    { clock, record: (acts: readonly PersonAct[]) => record(acts) },
  )
}

async function forget(
  person: Person,
  { record }: SigninCall,
  { store }: Pick<SigninDeps, 'store'>,
): Promise<void> {
  const about = { person: person.id, user: person.name, why: 'reset' }
  await record([
    { event: 'passkey.removed', ...about, passkey: 'all' },
    { event: 'session.ended', ...about, session: 'all' },
  ])
  await removeAllPasskeys(store, person.id)
  await endSessionsOf(store, { person: person.id })
}

async function addClaim(
  { person, claim }: { readonly person: Person; readonly claim: Claim },
  { record }: SigninCall,
  { store, installation, clock }: SigninDeps,
): Promise<void> {
  if (claim.kind === 'link') return
  if (claim.kind === 'login') {
    const { login } = claim
    const isKnown = person.logins.some(
      ({ provider, subject }) => provider === login.provider && subject === login.subject,
    )
    if (isKnown) return
    await addLogin(
      installation.peopleFile,
      { id: person.id, login },
      { clock, record: (acts: readonly PersonAct[]) => record(acts) },
    )
    return
  }
  const { id, label } = claim.passkey
  const about = { person: person.id, user: person.name, passkey: id, label }
  await record([{ event: 'passkey.added', ...about }])
  const isAdded = await addPasskey(store, { ...claim.passkey, person: person.id })
  if (!isAdded) throw new ApiError('conflict', 'This passkey is registered already.')
}
