import type { Problem } from '../lib/problem.ts'
import { isOpaque } from '../model/kind.ts'
import { isOfModels, isSeenOnHead, type Limit } from '../model/limit.ts'
import { routeText } from '../model/service.ts'
import type { GatewayFile, ServiceEntry } from './gateway-schema.ts'
import type { ReportAt } from './report-at.ts'
import { modeOf } from './resolve-services.ts'

/**
 * Finds limits that could never be enforced: a check route does not see bodies and answers, so
 * every request there would be refused, which cannot be intended.
 */
export function limitProblems(file: GatewayFile, reportAt: ReportAt): Problem[] {
  return [
    ...sharedProblems(file, reportAt),
    ...Object.entries(file.services).flatMap(([name, entry]) =>
      serviceProblems(name, entry, reportAt),
    ),
  ]
}

/** Limits of all callers that would close a service for everyone. */
function sharedProblems(file: GatewayFile, reportAt: ReportAt): Problem[] {
  const checked = Object.entries(file.services)
    .filter(([, entry]) => isCheckedOnly(entry))
    .map(([name]) => name)
  if (checked.length === 0) return []
  const remedy = 'Move it to the limits of the relayed services.'
  return unseen(file.limits)
    .filter(({ limit }) => !isOfModels(limit))
    .map(({ limit, index }) =>
      reportAt(
        ['limits', index],
        `${limit.text} can never be enforced on ${checked.join(', ')}, where Caddy proxies after a check`,
        remedy,
      ),
    )
}

/**
 * Limits that exclude some callers from a check route. This may be intended, because other routes
 * remain, so it is a warning.
 */
export function limitWarnings(file: GatewayFile, reportAt: ReportAt): Problem[] {
  const warn = (path: readonly PropertyKey[], who: string, limits: readonly Limit[]) =>
    unseen(limits).flatMap(({ limit, index }) => {
      const routes = routesWithout(limit, file)
      if (routes.length === 0) return []
      const what = `${limit.text} denies ${who} access to ${routes.join(', ')}, where Caddy proxies after a check`
      const remedy = 'Set mode: relay there, or move it to the limits of the relayed services.'
      return [reportAt([...path, 'limits', index], what, remedy)]
    })
  return [
    ...warn([], 'everyone', file.limits),
    ...Object.entries(file.roles).flatMap(([role, policy]) =>
      warn(['roles', role], `the role ${role}`, policy?.limits ?? []),
    ),
    ...Object.entries(file.users).flatMap(([user, policy]) =>
      warn(['users', user], `the user ${user}`, policy.limits),
    ),
    ...Object.entries(file.teams).flatMap(([team, policy]) =>
      warn(['teams', team], `the team ${team}`, policy.limits),
    ),
    ...Object.entries(file.services).flatMap(([name, entry]) =>
      isCheckedOnly(entry) ? [] : ownWarnings(name, entry, reportAt),
    ),
  ]
}

/** Limits of a service that has both relay and check routes. */
function ownWarnings(name: string, entry: ServiceEntry, reportAt: ReportAt): Problem[] {
  return unseen(entry.limits).flatMap(({ limit, index }) => {
    const routes = routesWithout(limit, { services: { [name]: entry } })
    if (routes.length === 0) return []
    const what = `${limit.text} denies everyone access to ${routes.join(', ')}, where Caddy proxies after a check`
    return [reportAt(['services', name, 'limits', index], what, 'Set mode: relay there.')]
  })
}

/**
 * Returns the check routes on which a limit cannot be enforced, of services to which it applies.
 */
function routesWithout(limit: Limit, { services }: Pick<GatewayFile, 'services'>): string[] {
  return Object.values(services)
    .filter((entry) => !(isOfModels(limit) && isFreeEntry(entry)))
    .flatMap((entry) => entry.routes.filter((route) => modeOf(entry, route) === 'check'))
    .map(routeText)
}

/** Same as `hasFreeUse` for the resulting service. */
function isFreeEntry({ kind, prices, pricesFile }: ServiceEntry): boolean {
  return isOpaque(kind) && Object.keys(prices).length === 0 && pricesFile === undefined
}

function serviceProblems(name: string, entry: ServiceEntry, reportAt: ReportAt): Problem[] {
  const path = ['services', name]
  const problems: Problem[] = []
  if (isCheckedOnly(entry)) {
    for (const { limit, index } of unseen(entry.limits)) {
      const what = `${limit.text} can never be enforced on ${name}, which has check routes only`
      const remedy = 'Limit its requests (60/min), or give it a route with mode: relay.'
      problems.push(reportAt([...path, 'limits', index], what, remedy))
    }
    for (const member of ['slots', 'queue'] as const) {
      if (entry[member] === undefined) continue
      const what = `${name} has check routes only, where requests cannot wait`
      problems.push(
        reportAt(
          [...path, member],
          what,
          'Remove it, or give the service a route with mode: relay.',
        ),
      )
    }
  } else if (isOpaque(entry.kind)) {
    for (const { limit, index } of unread(entry.limits)) {
      const what = `${limit.text} can never be enforced on ${name}: what kind: ${entry.kind.name} says is not read`
      const remedy = 'Limit requests, concurrent or stream-seconds, or give it another kind.'
      problems.push(reportAt([...path, 'limits', index], what, remedy))
    }
  }
  if (entry.queue !== undefined && entry.slots === undefined && entry.kind.slots === undefined) {
    const what = `${name} has a queue but no slots, so no request ever waits`
    problems.push(reportAt([...path, 'queue'], what, 'Add slots, or remove queue.'))
  }
  return problems
}

function isCheckedOnly(entry: ServiceEntry): boolean {
  return entry.routes.every((route) => modeOf(entry, route) === 'check')
}

type Placed = { readonly limit: Limit; readonly index: number }

function unseen(limits: readonly Limit[]): Placed[] {
  return limits
    .map((limit, index) => ({ limit, index }))
    .filter(({ limit }) => !isSeenOnHead(limit))
}

/** Limits that depend on more than head and duration. */
function unread(limits: readonly Limit[]): Placed[] {
  return unseen(limits).filter(({ limit }) => {
    if (limit.kind === 'concurrent') return false
    return limit.kind === 'quota' || limit.of !== 'stream-seconds'
  })
}
