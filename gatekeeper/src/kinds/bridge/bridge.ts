/**
 * The paths `/api/PROVIDER` for applications: their requests name an endpoint of the provider, and
 * become the request that the provider's own library would send (admission/adapt-request.ts).
 * Ollama's API is below `/api` as well, and keeps its names.
 */
import { isUnder } from '../../lib/net/path.ts'
import type { Endpoint } from '../../model/endpoint.ts'
import type { Service } from '../../model/service.ts'
import { createHostTest } from '../../policy/route-table.ts'
import { answeredHere, plainJson, rowsIn } from '../row.ts'

const row = rowsIn('bridge')

/**
 * The endpoints at `/api/PROVIDER`. A POST is charged before its body names the endpoint, so it
 * counts as use, also if that endpoint only reads.
 */
export const adapterRows: readonly Endpoint[] = [
  row('POST', '/', 'use', plainJson),
  row('POST', '/proxy', 'use', plainJson),
  row('GET', '/proxy', 'read'),
  row('GET', '/endpoints', 'read', answeredHere),
].flat()

/** Names that Ollama has below `/api`. */
export const ollamaNames: readonly string[] = (
  'chat generate embed embeddings tags show ps pull push copy create delete blobs version me ' +
  'signout experimental'
).split(' ')

/** Where the bridge has the provider of a name. */
export const bridgePrefix = (name: string) => `/api/${name}`

/** Returns the names of all providers for a path of the bridge; null for all other paths. */
export type FindApis = (path: string, host: string) => readonly string[] | null

/**
 * Without providers there is no bridge. Names of Ollama's endpoints and of services with a path
 * below `/api` are no names of providers.
 */
export function createApiFinder(services: readonly Service[]): FindApis {
  const names = services.filter(({ kind }) => kind.provider).map(({ name }) => name)
  const isServiceHost = createHostTest(services)
  const others = services.flatMap(({ routes }) => routes.filter(({ adapter }) => !adapter))
  const isTaken = (name: string) =>
    ollamaNames.includes(name) || others.some(({ prefix }) => isUnder(prefix, bridgePrefix(name)))
  return (path, host) => {
    const name = /^\/api\/([^/]+)/.exec(path)?.[1]
    if (name === undefined || names.length === 0 || isTaken(name)) return null
    return isServiceHost(host) ? null : names
  }
}

/** Whether a request asks to call a provider, and not about it. */
export function callsProvider(method: string, path: string): boolean {
  const isProxy = /^\/api\/[^/]+\/proxy$/.test(path)
  return (method === 'POST' && /^\/api\/[^/]+\/?$/.test(path)) || (isProxy && isProxied(method))
}

const isProxied = (method: string) => method === 'POST' || method === 'GET'
