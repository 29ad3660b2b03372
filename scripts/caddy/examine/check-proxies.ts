import {
  type CredentialField,
  removedCredentialFields,
} from '../../../gatekeeper/src/model/credential-fields.ts'
import type { Finding } from '../../../gatekeeper/src/operations/doctor/finding.ts'
import { type Json, listOf, memberAt, objectOf, textsOf, type Visit } from './adapted.ts'
import {
  type Caddyfile,
  createReport,
  describeHandler,
  placeOf,
  roleOf,
  standsAt,
} from './caddyfile.ts'
import { credentialNames, identityNames } from './field-names.ts'

/** Checks which fields a service behind a check receives, and which of its answer are removed. */
export function checkProxies(caddyfile: Caddyfile, visits: readonly Visit[]): readonly Finding[] {
  return visits.flatMap((visit) => {
    const { handler, steps } = visit
    const role = roleOf(handler, caddyfile)
    if (role === 'relay') return judgeAnswer(caddyfile, handler)
    // Without any check there is a worse finding, and another rule reports it.
    const isAsked = steps.some((step) => roleOf(step.handler, caddyfile) === 'gate')
    if (role !== 'service' || !isAsked) return []
    return [
      ...judgeAnswer(caddyfile, handler),
      ...judgeRequest(caddyfile, visit),
      ...judgeCookies(caddyfile, handler),
    ]
  })
}

/** Cookies of services pass both ways, except those with our prefix (`__Host-gk`). */
function judgeCookies(caddyfile: Caddyfile, handler: Json): Finding[] {
  const name = describeHandler(handler)
  const isFiltered = (direction: 'request' | 'response', field: string) =>
    textsOf(memberAt(handler, 'headers', direction, 'delete')).includes(field) ||
    listOf(memberAt(handler, 'headers', direction, 'replace', field)).some(({ search_regexp }) =>
      String(search_regexp).includes('__host-gk'),
    )
  const remedy = 'Write `import admitted` into its block; take the shipped (handed_on).'
  const report = (level: 'error' | 'warning', what: string) =>
    createReport(caddyfile, level)(placeOf(handler), what, remedy)
  return [
    ...(isFiltered('request', 'Cookie')
      ? []
      : [report('error', `${name} gets the gatekeeper's cookies`)]),
    ...(isFiltered('response', 'Set-Cookie')
      ? []
      : [report('warning', `${name} may set cookies in the gatekeeper's name`)]),
  ]
}

function judgeAnswer(caddyfile: Caddyfile, handler: Json): Finding[] {
  const removed = textsOf(memberAt(handler, 'headers', 'response', 'delete'))
  if (removed.includes('*Gatekeeper*')) return []
  const what = `${describeHandler(handler)} may answer with fields that only the gatekeeper may set`
  const remedy = 'Write `header_down -*Gatekeeper*` into its block.'
  return [createReport(caddyfile)(placeOf(handler), what, remedy)]
}

function judgeRequest(caddyfile: Caddyfile, visit: Visit): Finding[] {
  const { handler } = visit
  const request = objectOf(memberAt(handler, 'headers', 'request'))
  const set = objectOf(request['set'])
  const name = describeHandler(handler)
  const foreign = findForeign(request)
  const unset = identityNames.filter((field) => !isHandedOn(set[field], field))
  const removed = textsOf(request['delete'])
  const ending = removedCredentialFields(fieldOf(caddyfile, visit))
  const kept = credentialNames.filter(
    (field) => ending.includes(field.toLowerCase()) && !removed.includes(field),
  )
  const report = (what: string, remedy = 'Write `import admitted` into its block.') =>
    createReport(caddyfile)(placeOf(handler), what, remedy)
  return [
    ...(foreign === undefined
      ? []
      : [report(`${name} is told ${foreign} by somebody else than the gatekeeper`, removeIt)]),
    // A client's `Connection: X-Gatekeeper-User` deletes the field unless it is set again here.
    ...(unset.length === 0
      ? []
      : [report(`a client can delete ${unset.join(', ')} on the way to ${name}`)]),
    ...(kept.length === 0 ? [] : [report(`${name} gets the caller's key (${kept.join(', ')})`)]),
  ]
}

/** Returns the field that carries our credential at the route, if gatekeeper.yaml names one. */
function fieldOf(caddyfile: Caddyfile, visit: Visit): CredentialField | undefined {
  const paths = visit.matches.flat().flatMap(({ path }) => textsOf(path))
  const routes = caddyfile.services.flatMap((service) => service.routes)
  return routes
    .filter((route) => standsAt(visit, route, caddyfile))
    .find(({ prefix }) => paths.includes(`${prefix}/*`))?.credentialField
}

const removeIt = 'Remove that `header_up` from its block.'

/** Returns one of our fields that is not among those passed on. */
function findForeign(request: Json): string | undefined {
  const isOwn = (field: string) => identityNames.some((name) => name === field)
  const set = Object.keys(objectOf(request['set'])).filter((field) => !isOwn(field))
  const others = ['add', 'replace'].flatMap((part) => Object.keys(objectOf(request[part])))
  return [...set, ...others].find((field) => /gatekeeper/i.test(field) || field === '*')
}

function isHandedOn(value: unknown, name: string): boolean {
  return JSON.stringify(value) === JSON.stringify([`{http.request.header.${name}}`])
}
