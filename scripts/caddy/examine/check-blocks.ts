import { reservedPrefixes } from '../../../gatekeeper/src/config/cross-checks.ts'
import { isUnder } from '../../../gatekeeper/src/lib/path.ts'
import type { Route, Service } from '../../../gatekeeper/src/policy/service.ts'
import type { Finding } from '../../doctor/finding.ts'
import { type Json, textsOf, type Visit } from './adapted.ts'
import { type Caddyfile, createReport, roleOf } from './caddyfile.ts'

/** A block of the Caddyfile that asks or relays. */
type Block = {
  readonly role: 'gate' | 'relay'
  /** The service that a gate asks for. */
  readonly name: string
  readonly paths: readonly string[]
  readonly stripped: readonly string[]
}

/** What the gatekeeper answers itself, by the relay. */
const ownPaths = ['/health', '/status']

/** No endpoints: a client whose base URL lacks `/v1` asks for them, and the gatekeeper says so. */
const hintPaths = ['/completions', '/embeddings', '/messages', '/models', '/responses']

/** Every service has its block and every block its service; each is in one mode in both files. */
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
  // What a gate hands to the relay are its refusals; that serves no path.
  if (visit.place !== 'routes') return []
  const uri = (visit.handler['rewrite'] as Json | undefined)?.['uri']
  const paths = visit.matches.map((sets) => sets.flatMap(({ path }) => textsOf(path)))
  return [
    {
      role,
      name: /^\/check\/([^?]*)\?$/.exec(String(uri))?.[1] ?? '',
      // The innermost condition on paths says most.
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
  const { prefix, mode, strip } = route
  const report = createReport(caddyfile)
  const role = mode === 'check' ? 'gate' : 'relay'
  const serving = blocks.filter(({ paths }) => paths.includes(`${prefix}/*`))
  const own = serving.filter((block) => block.role === role)
  if (own.length === 0) {
    const what =
      serving.length > 0
        ? `${prefix} of the service ${service.name} is in mode ${mode} in gatekeeper.yaml, and not here`
        : `${prefix} of the service ${service.name} has no block`
    return [report(`${prefix}/*`, what, remedyFor(service, route))]
  }
  if (role === 'relay') return []
  if (!own.some(({ name }) => name === service.name)) {
    const what = `${prefix} asks for another service than ${service.name}, to which it belongs`
    return [report(`${prefix}/*`, what, `Write \`import gate ${service.name}\` there.`)]
  }
  if (own.every(({ stripped }) => stripped.includes(prefix) === strip)) return []
  const what = `${prefix} is ${strip ? 'not ' : ''}taken off before ${service.name} sees the path, other than gatekeeper.yaml says`
  const remedy = `Use \`${strip ? 'handle_path' : 'handle'} ${prefix}/*\`, or change \`strip\` there.`
  return [report(`${prefix}/*`, what, remedy)]
}

function remedyFor(service: Service, { prefix, mode }: Route): string {
  return mode === 'check'
    ? `Add its block, with \`import gate ${service.name}\` (docs/guides/adding-a-service.md).`
    : `Add ${prefix} and ${prefix}/* to @relay.`
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
    // What the gatekeeper answers itself: /oauth and the like.
    .filter((prefix) => !reservedPrefixes.some((own) => isUnder(prefix, own)))
  return [...new Set(unknown)].map((prefix) => {
    const what = `${prefix} is relayed, and no service of gatekeeper.yaml has it: it answers 404`
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
