import type { KeyStore } from '../../api-keys/key-store.ts'
import { ownServicesBeside } from '../../kinds/own/own-services.ts'
import { budgetOf } from '../../policy/visit-limits.ts'
import type { ServiceQueues } from '../../scheduler/service-queues.ts'
import { createMetrics } from '../../telemetry/metrics.ts'
import type { Ledger } from '../../usage/ledger/ledger.ts'
import type { AppDeps } from '../app-deps.ts'
import type { Parts } from '../part.ts'

export function openMetrics(
  { services, processFaults = () => 0 }: AppDeps,
  opened: {
    readonly parts: Pick<Parts, 'problems'>
    readonly keys: Pick<KeyStore, 'state'>
    readonly ledger: Ledger
    readonly queues: ServiceQueues
  },
) {
  const { parts, keys, ledger, queues } = opened
  const rules = services.find(({ widget }) => widget !== undefined)?.widget
  const metrics = createMetrics({
    services: [...services, ...ownServicesBeside(services)].map(({ name }) => name),
    queues: queues.counts,
    problems: parts.problems,
    keys: () => keys.state().keys,
    keysLoadedAt: () => keys.state().loadedAt,
    running: ledger.running,
    processFaults,
    ...(rules && { budget: () => ledger.standings(budgetOf(rules)) }),
  })
  return { ...metrics, name: 'metrics' }
}
