import type { Problem } from '../lib/problem.ts'
import { isOpaque } from '../model/kind.ts'
import { controlName } from '../model/known-services.ts'
import type { GatewayFile, ServiceEntry } from './gateway-schema.ts'
import { limitProblems } from './limit-problems.ts'
import type { Settings } from './read-settings.ts'
import type { ReportAt } from './report-at.ts'
import { chatName, chatProblems } from './resolve-chat.ts'
import { providerProblems } from './resolve-providers.ts'
import { modeOf } from './resolve-services.ts'
import { routeProblems } from './route-problems.ts'

/** The service under which the gatekeeper answers `/status` itself. */
const ownName = 'gatekeeper'

/**
 * Rules that a schema cannot express: two owners of one prefix or name, and combinations that can
 * never work.
 */
export function crossCheck(file: GatewayFile, settings: Settings, reportAt: ReportAt): Problem[] {
  return [
    ...routeProblems(file, settings, reportAt),
    ...nameProblems(file, reportAt),
    ...limitProblems(file, reportAt),
    ...chatProblems(file, reportAt),
    ...providerProblems(file, reportAt),
    ...Object.entries(file.services).flatMap(([name, entry]) =>
      serviceProblems(name, entry, reportAt),
    ),
  ]
}

function nameProblems(file: GatewayFile, reportAt: ReportAt): Problem[] {
  const reserved = [ownName, controlName]
  const names = new Set([...Object.keys(file.services), ...reserved, chatName])
  const problems: Problem[] = []
  for (const name of reserved.filter((one) => file.services[one] !== undefined)) {
    const remedy = 'Choose another name.'
    problems.push(
      reportAt(['services', name], `the name ${name} is reserved for the gatekeeper`, remedy),
    )
  }
  for (const [name, entry] of Object.entries(file.services)) {
    for (const [index, alias] of entry.aliases.entries()) {
      if (names.has(alias)) {
        const path = ['services', name, 'aliases', index]
        problems.push(
          reportAt(path, `${alias} is the name of another service`, 'Choose another alias.'),
        )
      }
      names.add(alias)
    }
  }
  return problems
}

function serviceProblems(name: string, entry: ServiceEntry, reportAt: ReportAt): Problem[] {
  const path = ['services', name]
  const modes = entry.routes.map((route) => modeOf(entry, route))
  const problems: Problem[] = []
  const report = (member: readonly PropertyKey[], what: string, remedy: string) =>
    problems.push(reportAt([...path, ...member], what, remedy))

  if (!modes.includes('relay') && entry.upstream?.keyFile !== undefined) {
    report(
      ['upstream', 'keyFile'],
      `${name} has check routes only, where Caddy does not send a key to the service`,
      'Remove keyFile, or give the service a route with mode: relay.',
    )
  }
  if (entry.webSockets.length > 0 && (!isOpaque(entry.kind) || !modes.includes('check'))) {
    report(['webSockets'], 'WebSockets need kind: http and a check route', 'Remove webSockets.')
  }
  for (const [index, route] of entry.routes.entries()) {
    if (route.browser === 'basic' && modes[index] !== 'check') {
      report(
        ['routes', index, 'browser'],
        'browser: basic works on check routes only',
        'Remove it.',
      )
    }
    if (route.browser === 'basic' && keyFieldOf(route) !== null) {
      report(
        ['routes', index, 'credentialField'],
        `a browser sends its password in Authorization, but credentialField names ${keyFieldOf(route)}`,
        'Write credentialField: Basic, or remove browser: basic.',
      )
    }
  }
  if (entry.methods !== undefined) {
    for (const { what, remedy } of methodProblems(entry.kind, entry.methods)) {
      report(['methods'], what, remedy)
    }
  }
  return problems
}

/**
 * Returns the field of a route that carries nothing but a key; null if it is Authorization or there
 * is none.
 */
function keyFieldOf({ credentialField }: ServiceEntry['routes'][number]): string | null {
  return credentialField === undefined || ['authorization', 'basic'].includes(credentialField)
    ? null
    : credentialField
}

function methodProblems(kind: ServiceEntry['kind'], methods: NonNullable<ServiceEntry['methods']>) {
  const problems: { what: string; remedy: string }[] = []
  if (!isOpaque(kind)) {
    const what = `kind ${kind.name} has its own table of endpoints, so methods has no effect`
    problems.push({ what, remedy: 'Remove methods, or write kind: http.' })
  }
  const all = [...methods.read, ...methods.use, ...methods.manage]
  const twice = [...new Set(all.filter((method, at) => all.indexOf(method) !== at))]
  if (twice.length > 0) {
    const what = `methods lists ${twice.join(', ')} in more than one class`
    problems.push({ what, remedy: 'Keep each method in one list.' })
  }
  return problems
}
