import type { Finding } from '../../../gatekeeper/src/operations/doctor/finding.ts'
import { memberAt, objectOf, textsOf, type Visit } from './adapted.ts'
import {
  type Caddyfile,
  type ConsolePlace,
  createReport,
  describeHandler,
  placeOf,
  roleOf,
} from './caddyfile.ts'

const shipped = 'End the Caddyfile with `import console`, and take the shipped (console_site).'
const siteLine = /^\(console_site\)/

/**
 * The console is an origin of its own: nothing but the admin process stands behind its site, and no
 * other site leads there.
 */
export function checkConsole(caddyfile: Caddyfile, visits: readonly Visit[]): readonly Finding[] {
  const { console } = caddyfile
  const isThere = (visit: Visit) => visit.listen.some((listen) => listen === console?.listen)
  const proxies = visits.filter(({ handler }) => roleOf(handler, caddyfile) === 'console')
  if (console === null) return []
  return [
    ...(proxies.some(isThere) ? [] : [findMissing(caddyfile)]),
    ...proxies.flatMap((visit) => [
      ...judgePlace(caddyfile, console, visit),
      ...judgeFields(caddyfile, console, visit),
    ]),
    ...visits.filter(isThere).flatMap((visit) => findOthers(caddyfile, visit)),
  ]
}

/** The gateway works without it, so a Caddyfile of an earlier version may lack it. */
function findMissing(caddyfile: Caddyfile): Finding {
  const what = 'the console has no site, so it cannot be opened'
  return createReport(caddyfile, 'warning')(/^import hosts/, what, shipped)
}

function judgePlace(caddyfile: Caddyfile, console: ConsolePlace, visit: Visit): Finding[] {
  const hosts = visit.matches.flat().flatMap(({ host }) => textsOf(host))
  const isOwn =
    visit.listen.every((listen) => listen === console.listen) &&
    hosts.length > 0 &&
    hosts.every((host) => host === console.site)
  if (isOwn) return []
  const what = `the console is reached at another site than ${console.site} on ${console.listen}, so it shares an origin`
  return [createReport(caddyfile)(placeOf(visit.handler), what, shipped)]
}

const stated: Readonly<Record<string, string>> = {
  'X-Gatekeeper-Request-Id': '{http.request.uuid}',
  'X-Gatekeeper-Client-Address': '{http.vars.client_ip}',
  'X-Gatekeeper-Host': '{http.request.hostport}',
  'X-Gatekeeper-Protocol': '{http.request.proto}',
}

function judgeFields(
  caddyfile: Caddyfile,
  console: ConsolePlace,
  { handler, steps }: Visit,
): Finding[] {
  const set = objectOf(memberAt(handler, 'headers', 'request', 'set'))
  const wrong = Object.entries({ ...stated, 'X-Gatekeeper-Edge': console.edge })
    .filter(([name, value]) => JSON.stringify(set[name]) !== JSON.stringify([value]))
    .map(([name]) => name)
  const removed = steps
    .filter(({ isCertain }) => isCertain)
    .flatMap((step) => textsOf(memberAt(step.handler, 'request', 'delete')))
  return [
    ...(wrong.length === 0
      ? []
      : [
          createReport(caddyfile)(
            siteLine,
            `the console's proxy does not set ${wrong.join(', ')} as the admin process expects`,
            shipped,
          ),
        ]),
    ...(removed.includes('*Gatekeeper*')
      ? []
      : [
          createReport(caddyfile)(
            siteLine,
            'a client may state *Gatekeeper* on its way to the console',
            shipped,
          ),
        ]),
  ]
}

const alien = new Set(['gate', 'relay', 'service', 'content'])

function findOthers(caddyfile: Caddyfile, { handler }: Visit): Finding[] {
  if (!alien.has(roleOf(handler, caddyfile))) return []
  const what = `${describeHandler(handler)} stands on the console's port: its pages would get the operator's cookies`
  const remedy = 'Move it to another site and port; the console has no service.'
  return [createReport(caddyfile)(placeOf(handler), what, remedy)]
}
