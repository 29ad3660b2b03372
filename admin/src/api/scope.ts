import type { PersonRole } from '../../../gatekeeper/src/model/person.ts'
import type { Caller } from './caller.ts'

/** What a caller may see and change. */
export type Scope = {
  /** Whether everything of the installation is seen, of every team and of none. */
  readonly seesAll: boolean
  readonly changesAll: boolean
  /** The team of which everything is seen; null for whoever sees all, or only the own things. */
  readonly team: string | null
  /** Whether everything of that team may be changed. */
  readonly changesTeam: boolean
  /** Null for a client. */
  readonly personId: string | null
  /** The user of this person's keys; null for a client. */
  readonly userName: string | null
  /** The team of the person, whatever the role; only requests of it are the own ones. */
  readonly ownTeam: string | null
}

/** Something that may be of a team, and that a person may have made. */
export type Owned = { readonly team?: string | null; readonly madeBy?: string | null }

const sees: Readonly<Record<PersonRole, boolean>> = {
  ...{ owner: true, admin: true, auditor: true, member: false },
}
const changes: Readonly<Record<PersonRole, boolean>> = {
  ...{ owner: true, admin: true, auditor: false, member: false },
}

/**
 * Returns the scope of a caller. Every handler filters through it, and what is outside is answered
 * exactly like something that does not exist. Within a team a role reaches no further than the team.
 */
export function scopeOf({ role, person, team }: Pick<Caller, 'role' | 'person' | 'team'>): Scope {
  const isWhole = team === null
  return {
    seesAll: isWhole && sees[role],
    changesAll: isWhole && changes[role],
    team: sees[role] ? team : null,
    changesTeam: !isWhole && changes[role],
    personId: person?.id ?? null,
    userName: person?.name ?? null,
    ownTeam: team,
  }
}

/**
 * Returns whether the caller sees the thing. This and `mayChange` are the one place that decides about
 * things of teams: no query and no handler compares teams itself.
 */
export function isInScope(scope: Scope, thing: Owned): boolean {
  if (scope.seesAll) return true
  if (scope.team !== null) return thing.team === scope.team
  return scope.personId !== null && thing.madeBy === scope.personId
}

/** Returns whether the caller may change the thing, which is never more than what is seen. */
export function mayChange(scope: Scope, thing: Owned): boolean {
  if (scope.changesAll) return true
  if (scope.team !== null) return scope.changesTeam && thing.team === scope.team
  return scope.personId !== null && thing.madeBy === scope.personId
}

/**
 * Returns whether something of a user is the caller's own. Names of users are not of a team: somebody
 * of another one may have keys for the same name.
 */
export function isOwnUse(
  { userName, ownTeam }: Scope,
  { user, team = null }: { readonly user: string | null; readonly team?: string | null },
): boolean {
  return userName !== null && user === userName && (ownTeam === null || team === ownTeam)
}

/** Returns whether the caller decides about things of others, in all or in a team. */
export function isAdministering({ changesAll, changesTeam }: Scope): boolean {
  return changesAll || changesTeam
}

/**
 * Returns the team of something new, or undefined if the caller may not choose the wanted one: within
 * a team everything new is of the team, and only whoever is of none chooses. Null is no team.
 */
export function teamOfNew(
  { team }: Pick<Caller, 'team'>,
  scope: Scope,
  wanted: string | null | undefined,
): string | null | undefined {
  if (team !== null) return wanted === undefined || wanted === team ? team : undefined
  if (wanted === undefined || wanted === null) return null
  return scope.changesAll ? wanted : undefined
}
