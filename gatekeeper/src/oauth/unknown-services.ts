import { didYouMean } from '../lib/nearest.ts'
import type { Problem } from '../lib/problem.ts'
import type { Client } from './client.ts'

/** The services that there are; `names` are for messages that say which one was meant. */
export type KnownServices = {
  readonly serviceNameOf: (nameOrAlias: string) => string | null
  readonly names: readonly string[]
}

/** One note for each service that a client names and that does not exist; `*` is every service. */
export function findUnknownServices(
  clients: readonly Client[],
  { source, known }: { readonly source: string; readonly known: KnownServices },
): Problem[] {
  const isUnknown = (name: string) => name !== '*' && known.serviceNameOf(name) === null
  return clients.flatMap(({ id, services }) =>
    services.filter(isUnknown).map((name) => ({
      source,
      what: `client ${id} names the service ${JSON.stringify(name)}, which does not exist${didYouMean(name, known.names)}`,
      remedy: 'Correct the name, or add the service to gatekeeper.yaml; its other services work.',
    })),
  )
}
