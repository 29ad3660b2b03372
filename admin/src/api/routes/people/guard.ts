import { ProblemsError } from '../../../../../gatekeeper/src/lib/problem.ts'
import type { Person, PersonRole } from '../../../../../gatekeeper/src/model/person.ts'
import { PeopleError } from '../../../../../gatekeeper/src/operations/people/people-writer.ts'
import { ApiError } from '../../api-error.ts'
import type { Caller } from '../../caller.ts'
import { isInScope, mayChange, scopeOf } from '../../scope.ts'

/** Who may see all people, and who may change them. */
export const seers = ['owner', 'admin', 'auditor'] as const
export const changers = ['owner', 'admin'] as const

/**
 * Throws an ApiError if the caller would gain the rights of an owner: an admin who could reset,
 * change or make an owner would be one.
 */
export function requireRank(caller: Caller, ...roles: readonly PersonRole[]): void {
  if (caller.role === 'owner' || !roles.includes('owner')) return
  throw new ApiError('role', 'Only an owner may make, change or reset an owner.')
}

/** Returns the person, or throws the ApiError of one who does not exist, also for one out of scope. */
export function requireFound(person: Person | null, caller: Caller): Person {
  if (person === null || !isInScope(scopeOf(caller), person)) throw unknownPerson()
  return person
}

/** The same for a change, as the person is found under the lock. */
export function requireOwn(person: Person, caller: Caller): void {
  if (!mayChange(scopeOf(caller), person)) throw unknownPerson()
}

const unknownPerson = () => new ApiError('not_found', 'There is no such person.')

/** Throws an ApiError for an owner within a team: an owner decides about everything. */
export function requireNoOwner(role: PersonRole, team: string | null): void {
  if (role !== 'owner' || team === null) return
  const problems = [{ path: 'team', message: 'must be left out: an owner is of no team' }]
  throw new ApiError('invalid', 'An owner is of no team.', { problems })
}

/** Returns the error to answer for one of the operations. */
export function toApiError(error: unknown): unknown {
  if (error instanceof ProblemsError) {
    return new ApiError('unavailable', 'people.json has a fault; `npm run doctor` names its line.')
  }
  if (!(error instanceof PeopleError)) return error
  if (error.code === 'unknown') return unknownPerson()
  return new ApiError(error.code === 'exists' ? 'exists' : 'conflict', error.message)
}
