import type { Problem } from '../lib/problem.ts'
import { isOpaque } from '../model/kind.ts'
import { isOfModels, isSeenOnHead, type Limit } from '../model/limit.ts'
import { routeText } from '../model/service.ts'
import type { GatewayFile, ServiceEntry } from './gateway-schema.ts'
import type { ReportAt } from './report-at.ts'
import { modeOf } from './resolve-services.ts'

/**
 * Limits that could never be kept: a check route shows nothing of bodies and answers, so that every
 * request there would be refused. Whoever wrote such a limit did not mean that.
 */
export function limitProblems(file: GatewayFile, reportAt: ReportAt): Problem[] {
  return [
    ...sharedProblems(file, reportAt),
    ...Object.entries(file.services).flatMap(([name, entry]) =>
      serviceProblems(name, entry, reportAt),
    ),
  ]
}

/** Limits of everybody that would close a service for all: one that nobody can call is no service. */
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
 * Limits that shut somebody out of a check route. That may be meant, since other routes remain, and
 * so it starts; whoever did not mean it should hear of it.
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
    ...Object.entries(file.services).flatMap(([name, entry]) =>
      isCheckedOnly(entry) ? [] : ownWarnings(name, entry, reportAt),
    ),
  ]
}

/** Limits of a service itself, of which one route is relayed and another is not. */
function ownWarnings(name: string, entry: ServiceEntry, reportAt: ReportAt): Problem[] {
  return unseen(entry.limits).flatMap(({ limit, index }) => {
    const routes = routesWithout(limit, { services: { [name]: entry } })
    if (routes.length === 0) return []
    const what = `${limit.text} denies everyone access to ${routes.join(', ')}, where Caddy proxies after a check`
    return [reportAt(['services', name, 'limits', index], what, 'Set mode: relay there.')]
  })
}

/** The check routes on which a limit cannot be held, of services for which it means something. */
function routesWithout(limit: Limit, { services }: Pick<GatewayFile, 'services'>): string[] {
  return Object.values(services)
    .filter((entry) => !(isOfModels(limit) && isFreeEntry(entry)))
    .flatMap((entry) => entry.routes.filter((route) => modeOf(entry, route) === 'check'))
    .map(routeText)
}

/** As `hasFreeUse` says of the service that it becomes. */
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

/** What is seen of neither head nor duration. */
function unread(limits: readonly Limit[]): Placed[] {
  return unseen(limits).filter(({ limit }) => {
    if (limit.kind === 'concurrent') return false
    return limit.kind === 'quota' || limit.of !== 'stream-seconds'
  })
}
