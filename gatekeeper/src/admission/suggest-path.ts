import { findEndpoint } from '../kinds/find-endpoint.ts'
import type { Dialect } from '../model/endpoint.ts'
import { isOpaque } from '../model/kind.ts'
import type { RouteMatch } from '../policy/route-table.ts'

/** What a client probably meant whose path is not an endpoint. */
export type Suggestion = { readonly text: string; readonly dialect: Dialect }

type Asked = {
  readonly method: string
  readonly path: string
  /** The route of the path; null if there is none. */
  readonly match: RouteMatch | null
  readonly findRoute: (path: string) => RouteMatch | null
}

/**
 * Returns an endpoint for the usual mistakes in a base URL: a slash at the end, a missing `/v1`, or
 * a part that is there twice. Null if none of these leads to an endpoint.
 */
export function suggestPath(asked: Asked): Suggestion | null {
  for (const { path, advice } of candidates(asked)) {
    const match = asked.findRoute(path)
    const endpoint =
      match && findEndpoint(match.service, asked.method, match.endpointPath, match.route.adapter)
    // An opaque service accepts every path, so that proves nothing.
    if (match === null || isOpaque(match.service.kind) || !endpoint) continue
    if (endpoint.class === 'never') continue
    return { text: `${missing} ${advice}`, dialect: endpoint.dialect }
  }
  return null
}

const missing = 'There is no such endpoint here.'

/** Version paths that people leave out between the name of a provider and an endpoint. */
const versions = ['/v1', '/v1beta', '/openai/v1', '/api/v1', '/inference/v1']

function candidates({ path, match }: Asked) {
  const prefix = match?.route.prefix ?? ''
  const shorter = path.endsWith('/') ? [path.slice(0, -1)] : []
  const [, first = '', rest = ''] = /^(\/[^/]+)(\/.*)$/.exec(path) ?? []
  const bases = [
    { base: '/v1', rest: path },
    { base: `${prefix}/v1`, rest: path.slice(prefix.length) },
    ...(match === null ? versions.map((version) => ({ base: first + version, rest })) : []),
  ]
  const doubled = ['/v1', '/api'].filter((part) => `${path}/`.includes(`${part}/`))
  return [
    ...shorter.map((to) => ({ path: to, advice: 'Remove the slash at the end of the path.' })),
    ...bases.map(({ base, rest: end }) => ({
      path: base + end,
      advice: `Did you mean ${base}${end}? Set the base URL to one that ends in ${base}.`,
    })),
    ...doubled.map((part) => {
      const to = path.replace(part, '')
      return { path: to, advice: `Did you mean ${to}? Remove ${part} from the base URL.` }
    }),
  ]
}
