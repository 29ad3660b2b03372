import { formatInstant } from '../../lib/instant.ts'
import { providerOf, type Service } from '../../model/service.ts'
import type { Reachable } from '../../upstreams/reachability.ts'
import { jsonAnswer } from '../send.ts'
import type { OwnEndpoints } from '../serve/own.ts'
import type { PartProblems } from './ops.ts'

export type AdminHealthDeps = {
  readonly services: readonly Service[]
  readonly reach: (upstream: NonNullable<Service['upstream']>) => Promise<Reachable>
  /** The key that a provider is called with, of the vault or of the configuration. */
  readonly keyOf: (service: Service) => string | null
  /** How long the store of usage took to answer, in milliseconds; null if it fails. */
  readonly pingStore: () => Promise<number | null>
  readonly parts: () => PartProblems
}

export type Health = Awaited<ReturnType<typeof readHealth>>

/**
 * `GET /admin/health`: what `/health` tells nobody. It stands behind the proof of an administrator,
 * and works without the admin process. 503 means that limited requests cannot be admitted.
 */
export function adminHealthEndpoints(deps: AdminHealthDeps): OwnEndpoints {
  return {
    '/admin/health': async () => {
      const health = await readHealth(deps)
      return jsonAnswer(health.status === 'failing' ? 503 : 200, health)
    },
  }
}

/** Returns which services answer, which providers have a key, and which parts are stale. */
export async function readHealth(deps: AdminHealthDeps) {
  const latencyMs = await deps.pingStore()
  const stale = Object.entries(deps.parts()).filter(([, problems]) => problems.length > 0)
  const degraded = stale.map(([name]) => name)
  const status = latencyMs === null ? 'failing' : degraded.length > 0 ? 'degraded' : 'ok'
  return {
    status,
    services: await Promise.all(
      deps.services.filter(isInside).map((service) => describeService(service, deps)),
    ),
    providers: deps.services
      .filter((service) => !isInside(service))
      .map((service) => describeProvider(service, deps)),
    stores: [{ name: 'usage', latencyMs }],
    degraded,
  }
}

/** A provider is not dialled to answer a question. */
const isInside = (service: Service) => providerOf(service) === null

async function describeService({ name, upstream }: Service, { reach }: AdminHealthDeps) {
  if (upstream === null) return { name, configured: false, reachable: false, checkedAt: null }
  const { isReachable, checkedAt } = await reach(upstream)
  return {
    ...{ name, configured: true, reachable: isReachable },
    checkedAt: formatInstant(checkedAt),
  }
}

function describeProvider(service: Service, { keyOf }: AdminHealthDeps) {
  const key = keyOf(service)
  const isOwn = key === service.upstream?.key
  const keySource = key === null ? 'none' : isOwn ? 'env' : 'vault'
  return { name: service.name, configured: key !== null, keySource }
}
