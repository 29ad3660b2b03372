import { createWildcard } from '../../../../../gatekeeper/src/lib/wildcard.ts'
import type { Person, PersonAccess } from '../../../../../gatekeeper/src/model/person.ts'
import { roles } from '../../../../../gatekeeper/src/model/principal.ts'
import type { ServiceNames } from '../../../../../gatekeeper/src/operations/installation.ts'
import type { KeyDraft } from '../../../../../gatekeeper/src/operations/keys/key-faults.ts'
import type { InvalidMember } from '../../api-error.ts'
import { ApiError } from '../../api-error.ts'
import type { Caller } from '../../caller.ts'
import { scopeOf } from '../../scope.ts'

type Deps = { readonly caller: Caller; readonly services: ServiceNames }

/**
 * Throws an ApiError if a person gives a new key what they may not use themselves: the key names its
 * maker, and the gatekeeper allows it no more than the maker has at each request.
 */
export function requireUsable(
  draft: Pick<KeyDraft, 'role' | 'services'>,
  { maker, services }: { readonly maker: Person | null; readonly services: ServiceNames },
): void {
  if (maker === null) return
  const access = requireAccess(maker)
  refuse([...findGreaterRole(draft, access), ...findForeignServices(draft, access, services)])
}

/** Throws an ApiError if a member sets what is not theirs to set. */
export function requireWithinAccess(
  draft: KeyDraft,
  members: ReadonlySet<string>,
  { caller, services }: Deps,
): void {
  const { person } = caller
  const scope = scopeOf(caller)
  if (scope.changesTeam) return refuseNamed(findShared(draft), members)
  if (scope.changesAll || person === null) return
  const access = requireAccess(person)
  const problems = [
    ...findForeignUser(draft, person.name),
    ...findGreaterRole(draft, access),
    ...findForeignServices(draft, access, services),
    ...findForeignModels(draft, access),
    ...findReserved(draft),
  ]
  refuseNamed(problems, members)
}

function refuseNamed(problems: readonly InvalidMember[], members: ReadonlySet<string>): void {
  refuse(problems.filter(({ path }) => members.has(path.split('.', 1)[0] ?? '')))
}

/** The queue is of every team. */
function findShared({ weight }: KeyDraft): InvalidMember[] {
  if (weight === undefined || weight === 1) return []
  return [{ path: 'weight', message: 'is set by an owner, or an admin of no team' }]
}

function requireAccess({ access }: Person): PersonAccess {
  if (access !== null) return access
  const what = 'A key can do no more than the person who makes it, and you have no access yet.'
  throw new ApiError('role', `${what} An owner gives it, on the page of people.`)
}

function refuse(problems: readonly InvalidMember[]): void {
  if (problems.length === 0) return
  throw new ApiError('role', 'A key can do no more than your own access gives.', { problems })
}

function findForeignUser({ user }: KeyDraft, name: string): InvalidMember[] {
  return user === name ? [] : [{ path: 'user', message: `must be your own name, ${name}` }]
}

function findGreaterRole({ role }: Pick<KeyDraft, 'role'>, access: PersonAccess): InvalidMember[] {
  if (roles.indexOf(role) <= roles.indexOf(access.role)) return []
  return [{ path: 'role', message: `must be ${access.role} or less` }]
}

/** As everywhere, `*` gives the services that it includes, and never that of administration. */
function findForeignServices(
  draft: Pick<KeyDraft, 'services'>,
  access: PersonAccess,
  { serviceNameOf, namesOfAll }: ServiceNames,
): InvalidMember[] {
  const expand = (name: string) => (name === '*' ? namesOfAll : [serviceNameOf(name) ?? name])
  const own = new Set(access.services.flatMap(expand))
  return draft.services.flatMap((name, at) => {
    if (expand(name).every((service) => own.has(service))) return []
    return [{ path: `services.${at}`, message: 'is not a service that you may use yourself' }]
  })
}

/** A pattern is within another if that one matches its text, stars and all. */
function findForeignModels({ models = [] }: KeyDraft, access: PersonAccess): InvalidMember[] {
  if (access.models.length === 0) return []
  const patterns = access.models.map(createWildcard)
  return models.flatMap((model, at) => {
    if (patterns.some((matches) => matches(model))) return []
    return [{ path: `models.${at}`, message: `must be within ${access.models.join(', ')}` }]
  })
}

/** What is shared with others: the queue, and what leaves this machine. */
function findReserved({ weight, cloudModels, disabled }: KeyDraft): InvalidMember[] {
  const message = 'is set by an owner or admin'
  return [
    ...(weight === undefined || weight === 1 ? [] : [{ path: 'weight', message }]),
    ...(cloudModels === true ? [{ path: 'cloudModels', message }] : []),
    // An admin may have disabled it because its secret is known to others.
    ...(disabled === false
      ? [{ path: 'disabled', message: 'a disabled key is enabled by an owner or admin' }]
      : []),
  ]
}
