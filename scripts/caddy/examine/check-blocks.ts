import { hintPaths } from '../../../gatekeeper/src/config/blocks/service-blocks.ts'
import { reservedPrefixes } from '../../../gatekeeper/src/config/route-problems.ts'
import { isUnder } from '../../../gatekeeper/src/lib/net/path.ts'
import { type Route, routeText, type Service } from '../../../gatekeeper/src/model/service.ts'
import type { Finding } from '../../../gatekeeper/src/operations/doctor/finding.ts'
import { type Json, textsOf, type Visit } from './adapted.ts'
import { type Caddyfile, createReport, roleOf, standsAt } from './caddyfile.ts'

/** A block of the Caddyfile with a check or a relay. */
type Block = {
  readonly role: 'gate' | 'relay'
  readonly matches: Visit['matches']
  /** Its site. */
  readonly site: string
  /** The service that a check names. */
  readonly name: string
  readonly paths: readonly string[]
  readonly stripped: readonly string[]
}

/** Paths that the gatekeeper answers itself, through the relay. */
const ownPaths = ['/health', '/status']

/** Every service needs its block, every block its service, and both files the same mode. */
export function checkBlocks(caddyfile: Caddyfile, visits: readonly Visit[]): readonly Finding[] {
  const blocks = visits.flatMap((visit) => readBlock(caddyfile, visit))
  const routes = caddyfile.services.flatMap((service) =>
    service.routes.map((route) => ({ service, route })),
  )
  return [
    ...routes.flatMap((owned) => findBlockless(caddyfile, owned, blocks)),
    ...blocks.flatMap((block) => findOrphaned(caddyfile, block)),
    ...findOwnMissing(caddyfile, blocks),
  ]
}

function readBlock(caddyfile: Caddyfile, visit: Visit): Block[] {
  const role = roleOf(visit.handler, caddyfile)
  if (role !== 'gate' && role !== 'relay') return []
  // A check passes its refusals to the relay; that serves no path.
  if (visit.place !== 'routes') return []
  const uri = (visit.handler['rewrite'] as Json | undefined)?.['uri']
  const paths = visit.matches.map((sets) => sets.flatMap(({ path }) => textsOf(path)))
  return [
    {
      role,
      matches: visit.matches,
      site: JSON.stringify(visit.matches.flat().find(({ host }) => host !== undefined)?.['host']),
      name: /^\/check\/([^?]*)\?$/.exec(String(uri))?.[1] ?? '',
      // The innermost condition on paths is the most exact one.
      paths: paths.findLast((list) => list.length > 0) ?? [],
      stripped: visit.steps.flatMap(({ handler, isCertain }) =>
        isCertain && typeof handler['strip_path_prefix'] === 'string'
          ? [handler['strip_path_prefix']]
          : [],
      ),
    },
  ]
}

type Owned = { readonly service: Service; readonly route: Route }

function findBlockless(
  caddyfile: Caddyfile,
  { service, route }: Owned,
  blocks: readonly Block[],
): Finding[] {
  const { host, prefix, mode, strip } = route
  const place = routeText(route)
  const report = (what: string, remedy: string) =>
    createReport(caddyfile)(host ?? `${prefix}/*`, what, remedy)
  const role = mode === 'check' ? 'gate' : 'relay'
  const serving = firstOfSites(
    blocks.filter(
      (block) => block.paths.includes(`${prefix}/*`) && standsAt(block, route, caddyfile),
    ),
  )
  const own = serving.filter((block) => block.role === role)
  if (own.length === 0) {
    const what =
      serving.length > 0
        ? `${place} of the service ${service.name} is in mode ${mode} in gatekeeper.yaml, and not here`
        : `${place} of the service ${service.name} has no block`
    return [report(what, remedyFor(service, route))]
  }
  if (role === 'relay') return []
  if (!own.some(({ name }) => name === service.name)) {
    const what = `${place} asks for another service than ${service.name}`
    return [report(what, `Write \`import gate ${service.name}\` there.`)]
  }
  if (prefix === '' || own.every(({ stripped }) => stripped.includes(prefix) === strip)) return []
  const what = `${place} is ${strip ? 'not ' : ''}removed before ${service.name} sees the path, which differs from gatekeeper.yaml`
  const remedy = `Use \`${strip ? 'handle_path' : 'handle'} ${prefix}/*\`, or change \`strip\` there.`
  return [report(what, remedy)]
}

/** Your own block before the generated one of the same prefix; that one never answers then. */
function firstOfSites(blocks: readonly Block[]): readonly Block[] {
  return blocks.filter((block, at) => blocks.findIndex(({ site }) => site === block.site) === at)
}

function remedyFor(service: Service, { host, prefix, mode }: Route): string {
  if (host !== undefined && (mode === 'relay' || service.upstream !== null)) {
    return 'End the Caddyfile with `import hosts`, as the shipped one does.'
  }
  const generated = 'Import (services) into the site, as the shipped Caddyfile does'
  if (mode === 'relay') return `${generated}, or add ${prefix} and ${prefix}/* to your @relay.`
  return service.upstream === null
    ? `Write upstream: {url: "http://HOST:PORT"} for ${service.name} in gatekeeper.yaml, or a block with \`import gate ${service.name}\` (docs/guides/adding-a-service.md).`
    : `${generated}, or write a block with \`import gate ${service.name}\` (docs/guides/adding-a-service.md).`
}

function findOrphaned(caddyfile: Caddyfile, block: Block): Finding[] {
  const { services } = caddyfile
  if (block.role === 'gate') {
    if (services.some(({ name }) => name === block.name)) return []
    const what = `a block asks for the service ${JSON.stringify(block.name)}, which gatekeeper.yaml does not have`
    const remedy = 'Add the service there, or remove the block.'
    return [createReport(caddyfile)(`import gate ${block.name}`, what, remedy)]
  }
  const known = services.flatMap(({ routes }) => routes.map(prefixOf))
  const unknown = block.paths
    .map((path) => path.replace(/\/\*$/, ''))
    .filter((prefix) => !known.includes(prefix) && !hintPaths.includes(prefix))
    // Paths that the gatekeeper answers itself, like /oauth.
    .filter((prefix) => !reservedPrefixes.some((own) => isUnder(prefix, own)))
  return [...new Set(unknown)].map((prefix) => {
    const what = `${prefix} is relayed, but no service of gatekeeper.yaml has it: it answers 404`
    const report = createReport(caddyfile, 'warning')
    return report('@relay path', what, 'Remove it there, or add the route.')
  })
}

const prefixOf = ({ prefix }: Route) => prefix

function findOwnMissing(caddyfile: Caddyfile, blocks: readonly Block[]): Finding[] {
  const relayed = blocks.filter(({ role }) => role === 'relay').flatMap(({ paths }) => paths)
  const missing = ownPaths.filter((path) => !relayed.includes(path))
  if (missing.length === 0) return []
  const what = `${missing.join(' and ')} of the gatekeeper itself cannot be reached`
  const report = createReport(caddyfile, 'warning')
  return [report('@relay path', what, `Add ${missing.join(' and ')} to @relay.`)]
}
