/** The fair queues of all services, in the words of requests. */
import type { Clock } from '../lib/clock.ts'
import type { Timers } from '../lib/timers.ts'
import type { Refusal } from '../model/admission.ts'
import type { RequestFacts } from '../model/facts.ts'
import type { Principal } from '../model/principal.ts'
import type { Reason } from '../model/reason.ts'
import { accountOf, type Service } from '../model/service.ts'
import { FairQueue, type QueueCounts, type Slot, type TurnedAway } from './fair-queue.ts'

type Caller = {
  readonly facts: RequestFacts
  readonly principal: Principal
  readonly leaving: (() => AbortSignal) | null
}

export type ServiceQueues = {
  /** Null if no wait is needed: services without slots, and requests that use no model. */
  readonly enter: (caller: Caller) => Promise<Slot | Refusal | null>
  /** By the names of the services that have a queue. */
  readonly counts: () => Readonly<Record<string, QueueCounts>>
}

const reasonOf: Readonly<Record<TurnedAway, Reason>> = {
  'queue-full': 'queue-full',
  'queue-timeout': 'queue-timeout',
  // The client is gone, so that nobody reads it.
  aborted: 'body-aborted',
}

export function createServiceQueues(
  services: readonly Service[],
  deps: { readonly clock: Clock; readonly timers: Timers },
): ServiceQueues {
  const queues = new Map<string, FairQueue>()
  for (const { name, queue } of services) {
    if (queue !== null) queues.set(name, new FairQueue(queue, deps))
  }
  return {
    enter: async ({ facts, principal, leaving }) => {
      const queue = facts.service === null ? undefined : queues.get(accountOf(facts.service))
      const isUse = facts.point === 'relay' && facts.endpoint?.class === 'use'
      if (queue === undefined || !isUse) return null
      const signal = leaving?.() ?? neverLeaves
      const caller = { key: principal.id, weight: principal.weight ?? 1, signal }
      const entered = await queue.enter(caller)
      if (typeof entered !== 'string') return entered
      return { reason: reasonOf[entered], limit: null, retryAfterMs: null }
    },
    counts: () => Object.fromEntries([...queues].map(([name, queue]) => [name, queue.counts()])),
  }
}

const neverLeaves = new AbortController().signal
