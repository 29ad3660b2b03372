/**
 * What the house allows, apart from what each key says: limits of everybody, of services, roles and
 * users. The narrowest always wins, so that nothing here can widen what a key may do.
 */
import { type Caps, narrowCaps } from './caps.ts'
import type { Limit, LimitScope } from './limit.ts'
import { lineageOf, type Principal, type Role } from './principal.ts'
import { accountOf, type Service } from './service.ts'

/** What keys of a role get besides their own restrictions. Null leaves the key's own value. */
export type RolePolicy = {
  /** Each key of the role has these by itself. */
  readonly limits: readonly Limit[]
  readonly models: readonly string[]
  readonly cloudModels: boolean | null
  readonly caps: Caps
  readonly weight: number | null
  readonly capOutput: boolean | null
}

/** Limits that all keys of a user share. */
export type UserPolicy = { readonly limits: readonly Limit[] }

export type Policies = {
  /** IANA name of the zone in which days and months begin. */
  readonly timeZone: string
  /** Shared by everybody. */
  readonly limits: readonly Limit[]
  readonly roles: Readonly<Partial<Record<Role, RolePolicy>>>
  readonly users: ReadonlyMap<string, UserPolicy>
  /** Whether output is cut to what budgets still allow, instead of refusing the request. */
  readonly capOutput: boolean
  /** What a request that names no maximum of output is expected to give, in tokens. */
  readonly outputTokensExpected: number
}

export const outputTokensExpected = 1024

/** Nobody is limited beyond what keys say. */
export const noPolicies: Policies = {
  timeZone: 'UTC',
  limits: [],
  roles: {},
  users: new Map(),
  capOutput: false,
  outputTokensExpected,
}

/** The principal under the policy of its role. */
export function narrowByRole(principal: Principal, policies: Policies): Principal {
  if (principal.parent !== undefined) {
    const { parent, ...own } = principal
    return { ...narrowByRole(own, policies), parent: narrowByRole(parent, policies) }
  }
  const role = policies.roles[principal.role]
  if (role === undefined) return policies.capOutput ? { ...principal, capOutput: true } : principal
  return {
    ...principal,
    roleModels: role.models,
    // A role can take the right away, or give it to keys that say nothing of it.
    cloudModels: (principal.cloudModels ?? role.cloudModels) && (role.cloudModels ?? true),
    caps: narrowCaps(principal.caps, role.caps),
    weight: principal.weight ?? role.weight,
    capOutput: role.capOutput ?? policies.capOutput,
  }
}

/** A limit with the account that it is counted on; accounts with one subject are one. */
export type ScopedLimit = {
  readonly scope: LimitScope
  /** `global`, `service:NAME`, `role:PRINCIPAL`, `user:NAME`, or the principal's id. */
  readonly subject: string
  readonly limit: Limit
}

/** Every limit that a request of the principal to the service falls under. */
export function limitsOf(
  question: { readonly service: Service | null; readonly principal: Principal },
  policies: Policies,
): readonly ScopedLimit[] {
  const { service, principal } = question
  const found: ScopedLimit[] = []
  const add = (scope: LimitScope, subject: string, limits: readonly Limit[] = []) => {
    for (const limit of limits) found.push({ scope, subject, limit })
  }
  add('global', 'global', policies.limits)
  if (service !== null) add('service', `service:${accountOf(service)}`, service.limits)
  add('role', `role:${principal.id}`, policies.roles[principal.role]?.limits)
  add('user', `user:${principal.user}`, policies.users.get(principal.user)?.limits)
  add('key', principal.id, principal.limits)
  // An exchanged token is charged to its parent too, or one key could make itself many.
  for (const { id, role, limits } of lineageOf(principal).slice(1)) {
    add('role', `role:${id}`, policies.roles[role]?.limits)
    add('key', id, limits)
  }
  return found
}
