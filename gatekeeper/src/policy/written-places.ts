/** Where the rules about a request are written, for checks and for people who ask why. */

import type { RequestFacts } from '../model/facts.ts'
import type { ScopedLimit, Standing } from '../model/limit.ts'
import { isModelLimited, lineageOf, type Principal } from '../model/principal.ts'
import type { Route } from '../model/service.ts'
import type { WrittenPlace } from '../model/written-place.ts'

type Limited = {
  readonly facts: RequestFacts
  readonly principal: Principal
  readonly limits: readonly ScopedLimit[]
}

/** What lets a request in that is allowed. */
export function placesOfAllowed(facts: RequestFacts, principal: Principal): WrittenPlace[] {
  if (principal.kind === 'anonymous') return [ofService(facts, 'anonymous')]
  return [...ofCaller(principal, 'role'), ...ofCaller(principal, 'services'), ofRoute(facts)]
}

/** A member of the caller and of every principal whose token its own came from. */
export function ofLineage(principal: Principal, member: string): WrittenPlace[] {
  return lineageOf(principal).flatMap((one) => ofCaller(one, member))
}

/** What limits the caller, for a point that cannot see whether the limits are kept. */
export function ofRestrictions(limited: Limited): WrittenPlace[] {
  const { principal } = limited
  return [...(isModelLimited(principal) ? ofModels(principal) : []), ...ofLimits(limited)]
}

/** The lists of models that restrict the caller. */
export function ofModels(principal: Principal): WrittenPlace[] {
  return lineageOf(principal).flatMap((one) => [
    ...(one.models.length > 0 ? ofCaller(one, 'models') : []),
    ...(one.roleModels.length > 0 ? [ofRole(one, 'models')] : []),
    ...((one.teamModels?.length ?? 0) > 0 ? [ofTeam(one.team ?? '', 'models')] : []),
  ])
}

/** All limits that apply, or the one that refused. */
export function ofLimits(limited: Limited, refusing?: Standing): WrittenPlace[] {
  return limited.limits
    .filter(
      ({ scope, limit }) =>
        refusing === undefined || (scope === refusing.scope && limit.text === refusing.text),
    )
    .flatMap((limit) => ofLimit(limit, limited))
}

/** A limit of each address: that of everything, or of the service that was asked for. */
export function ofAddressLimit(facts: RequestFacts, { subject }: Standing): WrittenPlace {
  const isOfService = subject.startsWith('service:')
  const file = 'gateway'
  return isOfService ? ofService(facts, 'perAddress') : { file, path: ['perAddress'] }
}

function ofLimit({ scope, subject }: ScopedLimit, { principal, facts }: Limited): WrittenPlace[] {
  const member = 'limits'
  const withId = (id: string) => lineageOf(principal).find((one) => one.id === id) ?? principal
  switch (scope) {
    case 'global':
      return [{ file: 'gateway', path: [member] }]
    case 'service':
      return [ofService(facts, member)]
    case 'role':
      return [ofRole(withId(subject.slice('role:'.length)), member)]
    case 'team':
      return [ofTeam(subject.slice('team:'.length), member)]
    case 'user':
      return [{ file: 'gateway', path: ['users', subject.slice('user:'.length), member] }]
    default:
      return ofCaller(withId(subject), member)
  }
}

/** A member of the policy of a team. */
export function ofTeam(name: string, member: string): WrittenPlace {
  return { file: 'gateway', path: ['teams', name, member] }
}

/** A member of the role that the caller has. */
export function ofRole({ role }: Principal, member: string): WrittenPlace {
  return { file: 'gateway', path: ['roles', role, member] }
}

/** A member of the caller's own entry; none for a caller without one. */
export function ofCaller({ kind, id }: Principal, member: string): WrittenPlace[] {
  switch (kind) {
    case 'key':
      return [{ file: 'keys', path: ['keys', id.replace(/^key:/, ''), member] }]
    case 'client':
      return [{ file: 'clients', path: ['clients', id.replace(/^client:/, ''), member] }]
    case 'person':
      return [{ file: 'people', path: ['people', id.replace(/^person:/, ''), 'access', member] }]
    case 'app':
      return [{ file: 'clients', path: ['clients', id.split(':')[1] ?? '', 'app'] }]
    case 'token':
      return [{ file: 'gateway', path: ['issuers'] }]
    default:
      return []
  }
}

/** A member of the service that was asked for. */
export function ofService({ service }: RequestFacts, member: string): WrittenPlace {
  return { file: 'gateway', path: ['services', service?.name ?? '', member] }
}

/** The route by which the request came. */
export function ofRoute({ service, route }: RequestFacts): WrittenPlace {
  const isIt = ({ host, prefix }: Route) => host === route?.host && prefix === route?.prefix
  const index = service?.routes.findIndex(isIt) ?? -1
  return { file: 'gateway', path: ['services', service?.name ?? '', 'routes', Math.max(0, index)] }
}
