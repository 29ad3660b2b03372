/**
 * Finds the cause of an upstream's 401 or 403. The client's own credential is never forwarded, so
 * the cause is our credential, or the provider or model behind the upstream.
 */
import type { Clock } from '../lib/clock.ts'
import { keyFieldsOf } from '../model/provider.ts'
import type { Reason } from '../model/reason.ts'
import { addressOf, providerOf, type Service } from '../model/service.ts'
import type { DocumentFetcher } from './fetch-document.ts'

/** Statuses by which an upstream refuses a credential. They are never forwarded to a client. */
export const refusalStatuses: readonly number[] = [401, 403, 407]

export type RefusalCauseDeps = {
  readonly clock: Clock
  /** Resolves with the text of a document, or rejects with an error whose code is `HTTP_401`. */
  readonly fetchDocument: DocumentFetcher['fetch']
  /** Returns the key that the service is called with. */
  readonly keyOf: (service: Service) => string | null
}

/** How long a result about our credential is kept: refused requests do not each test it again. */
const freshMs = 15_000

/**
 * Returns a function that names the reason of a refusal by this service with this status. It
 * requests a protected path with our own credential, once for all waiting requests. Never rejects.
 */
export function createRefusalCause(
  service: Service,
  deps: RefusalCauseDeps,
): (status: number) => Promise<Reason> {
  let isRefused: Promise<boolean> | null = null
  let staleAt = 0
  const ask = () => {
    if (isRefused !== null && deps.clock() < staleAt) return isRefused
    staleAt = deps.clock() + freshMs
    isRefused = isKeyRefused(service, deps)
    return isRefused
  }
  return async (status) => {
    const isOurs = service.kind.guardedPath === undefined ? status !== 403 : await ask()
    return isOurs ? 'upstream-rejected-us' : 'upstream-provider-refused'
  }
}

async function isKeyRefused(service: Service, deps: RefusalCauseDeps): Promise<boolean> {
  const { upstream, kind } = service
  const provider = providerOf(service)
  if (upstream === null) return false
  const key = deps.keyOf(service)
  const fields = key === null ? {} : keyFieldsOf(provider ?? { keyField: 'authorization' }, key)
  try {
    await deps.fetchDocument(addressOf(upstream) + kind.guardedPath, {
      fields: { ...provider?.usualFields, ...fields },
      ca: upstream.ca,
    })
    return false
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return refusalStatuses.some((status) => code === `HTTP_${status}`)
  }
}
