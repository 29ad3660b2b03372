import type { Finding } from '../../../gatekeeper/src/operations/doctor/finding.ts'
import { type Json, memberAt, objectOf, type Step, textsOf, type Visit } from './adapted.ts'
import { type Caddyfile, createReport, describeHandler, placeOf, roleOf } from './caddyfile.ts'
import { refusalPath } from './check-platform.ts'
import { cleanedNames } from './field-names.ts'

/** Every answer comes after a check, and the client's own statements are removed before it. */
export function checkOrder(caddyfile: Caddyfile, visits: readonly Visit[]): readonly Finding[] {
  return visits
    .filter(({ place }) => place !== 'errors')
    .flatMap((visit) => {
      const role = roleOf(visit.handler, caddyfile)
      if (role === 'relay') return findUncleaned(caddyfile, visit, visit.steps)
      return ['service', 'content', 'unknown'].includes(role) ? judge(caddyfile, visit) : []
    })
}

function judge(caddyfile: Caddyfile, visit: Visit): readonly Finding[] {
  const { handler, steps } = visit
  const isGate = (step: Step) => roleOf(step.handler, caddyfile) === 'gate'
  const gateAt = steps.findIndex((step) => step.isCertain && isGate(step))
  const isUnknown = roleOf(handler, caddyfile) === 'unknown'
  if (gateAt !== -1) {
    if (isUnknown) return []
    return [
      ...findUncleaned(caddyfile, visit, steps.slice(0, gateAt)),
      ...findChanged(caddyfile, visit, steps.slice(gateAt + 1)),
    ]
  }
  const what = steps.some(isGate)
    ? `${describeHandler(handler)} has its check only under a condition`
    : `${describeHandler(handler)} is reached without a check`
  const report = createReport(caddyfile, isUnknown ? 'warning' : 'error')
  const remedy = 'Put `import gate SERVICE` before it, alone on its line, inside `route { }`.'
  return [report(placeOf(handler), what, remedy)]
}

/** Only handlers that always run count. */
function findUncleaned(caddyfile: Caddyfile, visit: Visit, before: readonly Step[]): Finding[] {
  const removed = new Set(
    before
      .filter(({ isCertain }) => isCertain)
      .flatMap(({ handler }) => textsOf(memberAt(handler, 'request', 'delete'))),
  )
  const missing = cleanedNames.filter((name) => !removed.has(name))
  if (missing.length === 0) return []
  const shown = missing.length > 4 ? [...missing.slice(0, 4), '…'] : missing
  const what = `a client may state ${shown.join(', ')} on its way to ${describeHandler(visit.handler)}`
  const remedy = 'Let `import cleaned` come first, as the shipped (gate) and (relay) do.'
  return [createReport(caddyfile)(/^\(cleaned\)/, what, remedy)]
}

/** The service must get the same request that the check decided on. */
function findChanged(caddyfile: Caddyfile, visit: Visit, after: readonly Step[]): Finding[] {
  const report = createReport(caddyfile)
  const place = placeOf(visit.handler)
  const findings: Finding[] = []
  if (after.some(({ handler }) => touchesIdentity(handler))) {
    const what = `the caller's identity is changed between the check and ${describeHandler(visit.handler)}`
    const remedy = 'Remove the line about X-Gatekeeper-* after the check.'
    findings.push(report(place, what, remedy))
  }
  const rewrites = [...visit.steps.map(({ handler }) => handler), visit.handler].map(rewriteOf)
  if (rewrites.some(({ method }) => method !== undefined)) {
    const what = `the method is changed on the way to ${describeHandler(visit.handler)}`
    findings.push(report(place, what, 'Remove `method`: nothing has checked the new one.'))
  }
  const isRefusal = ({ uri }: Json) => caddyfile.isPlatform && uri === `${refusalPath}?`
  const isOwnPath = (rewrite: Json) =>
    isRefusal(rewrite) ||
    Object.keys(rewrite).every((name) => name === 'strip_path_prefix' || name === 'method')
  if (!rewrites.every((rewrite) => isOwnPath(rewrite) || isBasePath(caddyfile, rewrite))) {
    const what = `the path is rewritten on the way to ${describeHandler(visit.handler)}, and nothing checks the new one`
    const warn = createReport(caddyfile, 'warning')
    findings.push(warn(place, what, 'Use `handle_path` to remove the prefix, and nothing else.'))
  }
  return findings
}

/** Whether the only rewrite adds the path of the service's address at the front. */
function isBasePath({ services }: Caddyfile, rewrite: Json): boolean {
  return services.some(({ upstream }) => {
    const path_regexp = [{ find: '^/', replace: `${upstream?.basePath}/` }]
    return upstream?.basePath && JSON.stringify(rewrite) === JSON.stringify({ path_regexp })
  })
}

function touchesIdentity(handler: Json): boolean {
  const request = objectOf(handler['request'])
  const names = [
    ...['set', 'add', 'replace'].flatMap((part) => Object.keys(objectOf(request[part]))),
    ...textsOf(request['delete']),
  ]
  return names.some((name) => /gatekeeper/i.test(name) || name === '*')
}

/** Returns the rewrite of a handler or a proxy. That of a check is the gatekeeper's address. */
function rewriteOf(handler: Json): Json {
  if (handler['handler'] === 'rewrite') {
    const { handler: _, ...rewrite } = handler
    return rewrite
  }
  const rewrite = objectOf(handler['rewrite'])
  return String(rewrite['uri']).startsWith('/check/') ? {} : rewrite
}

/** Errors occur when the gatekeeper is down: a proxy in the error routes would let everybody in. */
export function checkErrors(caddyfile: Caddyfile, visits: readonly Visit[]): readonly Finding[] {
  const report = createReport(caddyfile)
  return visits
    .filter(({ place, handler }) => place === 'errors' && roleOf(handler, caddyfile) !== 'harmless')
    .map(({ handler }) =>
      report(
        /^\s*handle_errors\b/,
        `${describeHandler(handler)} stands where errors are handled: it lets requests in when the gatekeeper is down`,
        'Let `handle_errors` do nothing but `respond`.',
      ),
    )
}
