/** The operator's rules about a team: limits that everybody of it shares, services and models. */
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
 * made it. A team without a policy narrows nothing.
 */
export function narrowByTeams(principal: Principal, teams: TeamPolicies): Principal {
  if (teams.size === 0) return principal
  const all = teamsOf(principal).flatMap((name) => teams.get(name) ?? [])
  return all.length === 0 ? principal : narrow(principal, all, teams)
}

function narrow(principal: Principal, all: readonly TeamPolicy[], teams: TeamPolicies): Principal {
  const { parent, ...own } = principal
  const isTeams = (name: string) => all.every(({ services }) => services?.includes(name) ?? true)
  return {
    ...own,
    services: own.services.filter(isTeams),
    teamModels: teams.get(own.team ?? '')?.models ?? [],
    ...(parent !== undefined && { parent: narrow(parent, all, teams) }),
  }
}
