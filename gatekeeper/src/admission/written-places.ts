/** Where what decided on a request is written: the file, and the members that lead there. */

import type { Denial } from '../model/denial.ts'
import type { RequestFacts } from '../model/facts.ts'
import type { ScopedLimit, Standing } from '../model/limit.ts'
import { isModelLimited, lineageOf, type Principal } from '../model/principal.ts'
import type { Reason } from '../model/reason.ts'
import type { Route } from '../model/service.ts'

/** `keys` and `clients` are the files of the key folder, `gateway` is gatekeeper.yaml. */
export type WrittenPlace = {
  readonly file: 'gateway' | 'keys' | 'clients' | 'endpoints'
  readonly path: readonly (string | number)[]
}

type Decided = {
  readonly facts: RequestFacts
  readonly principal: Principal | null
  readonly limits: readonly ScopedLimit[]
  readonly denial: Denial | null
  /** The key that was asked about, where there is no principal of it. */
  readonly keyId: string | null
}

/** The places, most telling first; empty where nothing that is written decided. */
export function writtenPlaces(decided: Decided): readonly WrittenPlace[] {
  const { facts, principal, denial } = decided
  if (denial === null) return placesOfYes(facts, principal)
  if (denial.refusal?.limit) return placesOfLimits(decided, denial.refusal.limit)
  return (placesByCheck[denial.check] ?? none)(decided, denial.reason)
}

const none = (): readonly WrittenPlace[] => []

function placesOfYes(facts: RequestFacts, principal: Principal | null): WrittenPlace[] {
  const isAnonymous = principal === null || principal.kind === 'anonymous'
  if (isAnonymous) return [ofService(facts, 'anonymous')]
  return [...ofCaller(principal, 'role'), ...ofCaller(principal, 'services'), ofRoute(facts)]
}

type Places = (decided: Decided, reason: Reason) => readonly WrittenPlace[]

const byCaller =
  (member: string): Places =>
  ({ principal }) =>
    lineageOfCaller(principal).flatMap((one) => ofCaller(one, member))

/** By the name of the check that refused. */
const placesByCheck: Readonly<Record<string, Places>> = {
  'known-caller': ({ keyId }, reason) => {
    const member = reason === 'disabled-key' ? 'disabled' : 'expiresAt'
    const isWritten = reason === 'disabled-key' || reason === 'expired-key'
    return isWritten && keyId !== null ? [{ file: 'keys', path: ['keys', keyId, member] }] : []
  },
  'listed-endpoint': ({ facts }, reason) =>
    reason === 'no-route'
      ? [{ file: 'gateway', path: ['services'] }]
      : [{ file: 'endpoints', path: [] }, ofService(facts, 'kind')],
  'granted-service': byCaller('services'),
  'granted-class': byCaller('role'),
  'granted-unload': byCaller('role'),
  'granted-store': byCaller('role'),
  'allowed-address': byCaller('addresses'),
  'allowed-origin': ({ facts, principal }) => {
    const own = principal?.origins ?? []
    const isOwn = own.length > 0 && !own.includes(facts.origin ?? '')
    return isOwn && principal !== null
      ? ofCaller(principal, 'origins')
      : [ofService(facts, 'origins')]
  },
  'allowed-model': ({ principal }) =>
    principal !== null && isModelLimited(principal)
      ? ofModels(principal)
      : byModelsOfVendor(principal),
  'within-caps': ({ principal }) => [
    ...lineageOfCaller(principal).flatMap((one) => ofCaller(one, 'caps')),
    ...ofRole(principal, 'caps'),
  ],
  inspectable: (decided) => [ofRoute(decided.facts), ...restrictions(decided)],
  'within-prompt': (decided) => placesOfLimits(decided),
}

/** What the caller is restricted by, where a point cannot see whether it is kept. */
function restrictions(decided: Decided): WrittenPlace[] {
  const { principal } = decided
  const models = principal !== null && isModelLimited(principal) ? ofModels(principal) : []
  return [...models, ...placesOfLimits(decided)]
}

function ofModels(principal: Principal): WrittenPlace[] {
  return lineageOf(principal).flatMap((one) => [
    ...(one.models.length > 0 ? ofCaller(one, 'models') : []),
    ...(one.roleModels.length > 0 ? ofRole(one, 'models') : []),
  ])
}

function byModelsOfVendor(principal: Principal | null): WrittenPlace[] {
  return principal === null ? [] : ofCaller(principal, 'cloudModels')
}

/** All limits that apply, or the one that refused. */
function placesOfLimits({ limits, principal, facts }: Decided, one?: Standing): WrittenPlace[] {
  const meant = limits.filter(
    ({ scope, limit }) => one === undefined || (scope === one.scope && limit.text === one.text),
  )
  return meant.flatMap(({ scope, subject }) => {
    switch (scope) {
      case 'global':
        return [{ file: 'gateway', path: ['limits'] }] as const
      case 'service':
        return [ofService(facts, 'limits')]
      case 'role':
        return ofRole(findById(principal, subject.slice('role:'.length)), 'limits')
      case 'user':
        return [
          { file: 'gateway', path: ['users', subject.slice('user:'.length), 'limits'] },
        ] as const
      default:
        return ofCaller(findById(principal, subject), 'limits')
    }
  })
}

const lineageOfCaller = (principal: Principal | null) =>
  principal === null ? [] : lineageOf(principal)

function findById(principal: Principal | null, id: string): Principal | null {
  return lineageOfCaller(principal).find((one) => one.id === id) ?? principal
}

function ofRole(principal: Principal | null, member: string): WrittenPlace[] {
  return principal === null ? [] : [{ file: 'gateway', path: ['roles', principal.role, member] }]
}

function ofCaller(principal: Principal | null, member: string): WrittenPlace[] {
  switch (principal?.kind) {
    case 'key':
      return [{ file: 'keys', path: ['keys', principal.id.replace(/^key:/, ''), member] }]
    case 'client':
      return [{ file: 'clients', path: ['clients', principal.id.replace(/^client:/, ''), member] }]
    case 'token':
      return [{ file: 'gateway', path: ['issuers'] }]
    default:
      return []
  }
}

function ofService({ service }: RequestFacts, member: string): WrittenPlace {
  return { file: 'gateway', path: ['services', service?.name ?? '', member] }
}

function ofRoute({ service, route }: RequestFacts): WrittenPlace {
  const isIt = ({ host, prefix }: Route) => host === route?.host && prefix === route?.prefix
  const index = service?.routes.findIndex(isIt) ?? -1
  return { file: 'gateway', path: ['services', service?.name ?? '', 'routes', Math.max(0, index)] }
}
