/** The operator's rules about a team: limits that everybody of it shares, services and models. */
import { controlName } from '../model/known-services.ts'
import type { Limit } from '../model/limit.ts'
import { type Principal, teamsOf } from '../model/principal.ts'

export type TeamPolicy = {
  /** Counted over everybody of the team together. */
  readonly limits: readonly Limit[]
  /** Names of the services that the team may call; null means no restriction. */
  readonly services: readonly string[] | null
  /** Patterns of models; an empty list means no restriction. */
  readonly models: readonly string[]
}

export type TeamPolicies = ReadonlyMap<string, TeamPolicy>

/**
 * Returns the principal, narrowed by the policies of its teams: its own, and that of the person who
 * made it. Whoever is of a team never administers, since that is of the whole installation.
 */
export function narrowByTeams(principal: Principal, teams: TeamPolicies): Principal {
  const names = teamsOf(principal)
  if (names.length === 0) return principal
  const limiting = names.filter((name) => (teams.get(name)?.services ?? null) !== null)
  const isTeams = (service: string) =>
    service !== controlName &&
    limiting.every((name) => teams.get(name)?.services?.includes(service) === true)
  const narrowed = narrow(principal, isTeams, teams)
  return limiting.length === 0 ? narrowed : { ...narrowed, teamsOfServices: limiting }
}

function narrow(
  principal: Principal,
  isTeams: (service: string) => boolean,
  teams: TeamPolicies,
): Principal {
  const { parent, ...own } = principal
  return {
    ...own,
    services: own.services.filter(isTeams),
    teamModels: teams.get(own.team ?? '')?.models ?? [],
    ...(parent !== undefined && { parent: narrow(parent, isTeams, teams) }),
  }
}
