import { noCaps } from '../model/caps.ts'
import type { Role } from '../model/principal.ts'
import { outputTokensExpected, type Policies, type RolePolicy } from '../policy/policies.ts'
import type { TeamPolicies } from '../policy/team-policy.ts'
import type { GatewayFile } from './gateway-schema.ts'

/** Returns the limits, teams and roles of `gatekeeper.yaml` for `policy/`. */
export function resolvePolicies(file: GatewayFile, teams: TeamPolicies): Policies {
  const entries = Object.entries(file.roles) as [Role, GatewayFile['roles'][Role]][]
  const roles: Partial<Record<Role, RolePolicy>> = {}
  for (const [role, entry] of entries) {
    if (entry !== undefined) roles[role] = { ...entry, caps: entry.caps ?? noCaps }
  }
  return {
    timeZone: file.timeZone,
    limits: file.limits,
    perAddress: file.perAddress,
    reads: file.reads,
    roles,
    users: new Map(Object.entries(file.users)),
    teams,
    capOutput: file.capOutput,
    outputTokensExpected,
  }
}
