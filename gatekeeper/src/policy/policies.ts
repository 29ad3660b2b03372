/**
 * The operator's rules, beside those of each key: limits of all callers, of services, teams, roles
 * and users. The narrowest always wins, so no policy can widen what a key may do.
 */
import { type Caps, narrowCaps } from '../model/caps.ts'
import type { EndpointClass } from '../model/endpoint.ts'
import {
  isOfModels,
  type Limit,
  type LimitScope,
  parseLimit,
  type QuotaLimit,
  type ScopedLimit,
} from '../model/limit.ts'
import { lineageOf, type Principal, type Role, teamsOf } from '../model/principal.ts'
import { accountOf, hasFreeUse, type Service } from '../model/service.ts'
import { narrowByTeams, type TeamPolicies } from './team-policy.ts'
import { visitLimits } from './visit-limits.ts'

/** What keys of a role get beside their own restrictions. Null keeps the key's own value. */
export type RolePolicy = {
  /** Each key of the role has its own count of these. */
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
  /** Shared by all callers. */
  readonly limits: readonly Limit[]
  /** Limits of each client address, for everybody. */
  readonly perAddress: readonly QuotaLimit[]
  /** The limit of reads for each caller; limits of requests do not count reads. */
  readonly reads: QuotaLimit
  readonly roles: Readonly<Partial<Record<Role, RolePolicy>>>
  readonly users: ReadonlyMap<string, UserPolicy>
  readonly teams: TeamPolicies
  /** Whether output is capped to what the budgets still allow, instead of refusing the request. */
  readonly capOutput: boolean
  /** The expected output of a request without a maximum, in tokens. */
  readonly outputTokensExpected: number
}

export const outputTokensExpected = 1024

/** A page of an application requests hundreds of files, but not thousands per minute. */
export const readsUsual = '2000/min'

/** No limits beyond those of the keys. */
export const noPolicies: Policies = {
  timeZone: 'UTC',
  limits: [],
  perAddress: [],
  reads: parseLimit(readsUsual) as QuotaLimit,
  roles: {},
  users: new Map(),
  teams: new Map(),
  capOutput: false,
  outputTokensExpected,
}

/** Returns the principal, narrowed by the policies of its teams and of its role. */
export function narrowByRole(principal: Principal, policies: Policies): Principal {
  return narrowRoles(narrowByTeams(principal, policies.teams), policies)
}

function narrowRoles(principal: Principal, policies: Policies): Principal {
  // What the person made has the policy of its own role, which is never a wider one.
  if (principal.kind === 'person') return principal
  if (principal.parent !== undefined) {
    const { parent, ...own } = principal
    return { ...narrowRoles(own, policies), parent: narrowRoles(parent, policies) }
  }
  const role = policies.roles[principal.role]
  if (role === undefined) return policies.capOutput ? { ...principal, capOutput: true } : principal
  return {
    ...principal,
    roleModels: role.models,
    // A role can remove the right, or grant it to keys that do not mention it.
    cloudModels: (principal.cloudModels ?? role.cloudModels) && (role.cloudModels ?? true),
    caps: narrowCaps(principal.caps, role.caps),
    weight: principal.weight ?? role.weight,
    capOutput: role.capOutput ?? policies.capOutput,
  }
}

/** Returns whether the class only reads: its requests count for the limit of reads alone. */
export function isReading(endpointClass: EndpointClass | null | undefined): boolean {
  return endpointClass === 'read' || endpointClass === 'open'
}

/** Returns whether a limit of requests counts requests of the class. */
export function countsRequests(
  scope: LimitScope,
  endpointClass: EndpointClass | null | undefined,
): boolean {
  if (scope === 'app') return true
  return isReading(endpointClass) ? scope === 'reads' : scope !== 'reads'
}

/**
 * Whose limits are requested, and for which service; without a class, limits of reads are excluded.
 */
export type LimitsQuestion = {
  readonly service: Service | null
  readonly principal: Principal
  readonly endpointClass?: EndpointClass | null | undefined
  /** The client's address, for limits of addresses and networks; left out where there is none. */
  readonly clientAddress?: string
}

/** Returns every limit that applies to a request of the principal to the service. */
export function limitsOf(question: LimitsQuestion, policies: Policies): readonly ScopedLimit[] {
  const { service } = question
  // A caller with no quota left must still be able to see that.
  if (service?.kind.isOwn) return []
  const found = everyLimitOf(question, policies)
  return service !== null && hasFreeUse(service)
    ? found.filter(({ limit }) => !isOfModels(limit))
    : found
}

/**
 * Returns the limits of a principal for all services: its own, the common ones, and those of its
 * services.
 */
export function limitsAnywhere(
  principal: Principal,
  services: readonly Service[],
  policies: Policies,
): ScopedLimit[] {
  const called = services.filter(({ name }) => principal.services.includes(name))
  const owners = new Map(called.map((service) => [accountOf(service), service.limits]))
  const ofServices = [...owners].flatMap(([name, limits]) =>
    limits.map((limit) => ({ scope: 'service', subject: `service:${name}`, limit }) as const),
  )
  return [...limitsOf({ service: null, principal, endpointClass: 'read' }, policies), ...ofServices]
}

type AddLimits = (scope: LimitScope, subject: string, limits?: readonly Limit[]) => void

function everyLimitOf(question: LimitsQuestion, policies: Policies): readonly ScopedLimit[] {
  const { service, principal } = question
  const found: ScopedLimit[] = []
  const add: AddLimits = (scope, subject, limits = []) => {
    for (const limit of limits) found.push({ scope, subject, limit })
  }
  add('global', 'global', policies.limits)
  if (service !== null) add('service', `service:${accountOf(service)}`, service.limits)
  for (const name of policies.teams.size === 0 ? [] : teamsOf(principal)) {
    add('team', `team:${name}`, policies.teams.get(name)?.limits)
  }
  add('role', `role:${principal.id}`, policies.roles[principal.role]?.limits)
  add('user', `user:${principal.user}`, policies.users.get(principal.user)?.limits)
  add(principal.kind === 'app' ? 'app' : 'key', principal.id, principal.limits)
  if (principal.app) add('app', `app:${principal.app.appId}`, principal.app.totals)
  addThoseBehind(principal, policies, add)
  if (principal.kind === 'widget' && service?.widget) {
    found.push(...visitLimits(service.widget, question.clientAddress ?? ''))
  }
  // Unknown callers are limited by address: a shared account could be used up by one of them.
  if (isReading(question.endpointClass) && principal.kind !== 'anonymous') {
    const counted = lineageOf(principal).filter(({ kind }) => kind !== 'person')
    for (const { id } of counted) add('reads', `reads:${id}`, [policies.reads])
  }
  return found
}

/**
 * An exchanged token is also charged to its parent, or one key could multiply its limits; and what a
 * person made to that person.
 */
function addThoseBehind(principal: Principal, policies: Policies, add: AddLimits): void {
  for (const { kind, id, role, limits } of lineageOf(principal).slice(1)) {
    if (kind !== 'person') add('role', `role:${id}`, policies.roles[role]?.limits)
    add(kind === 'person' ? 'person' : 'key', id, limits)
  }
}
