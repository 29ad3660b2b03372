/** The fair queues of all services, for requests. */
import type { Clock } from '../lib/clock.ts'
import type { Timers } from '../lib/timers.ts'
import type { Refusal } from '../model/admission.ts'
import type { RequestFacts } from '../model/facts.ts'
import { holderOf, type Principal } from '../model/principal.ts'
import type { Reason } from '../model/reason.ts'
import { accountOf, type Service } from '../model/service.ts'
import {
  FairQueue,
  type QueueCounts,
  type QueueView,
  type Slot,
  type TurnedAway,
} from './fair-queue.ts'
import type { QueuedRequest } from './queued-request.ts'

type Caller = {
  readonly facts: RequestFacts
  readonly principal: Principal
  readonly leaving: (() => AbortSignal) | null
  /** The model that it uses; null or left out if it names none. */
  readonly model?: string | null
}

export type ServiceQueues = {
  /** Null if no wait is needed: services without slots, and requests that use no model. */
  readonly enter: (caller: Caller) => Promise<Slot | Refusal | null>
  /** Refuses what `enter` would refuse at once; nobody waits, and no slot is taken. */
  readonly rehearse: (caller: Caller) => Promise<Refusal | null>
  /** By the names of the services that have a queue. */
  readonly counts: () => Readonly<Record<string, QueueCounts>>
  /** Who runs and who waits, by the names of the services that have a queue. */
  readonly views: () => Readonly<Record<string, QueueView>>
}

const reasonOf: Readonly<Record<TurnedAway, Reason>> = {
  'queue-full': 'queue-full',
  'queue-timeout': 'queue-timeout',
  // The client has left, so nobody reads the answer.
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
  const queueFor = ({ service, point, endpoint }: RequestFacts) => {
    const isUse = service !== null && point === 'relay' && endpoint?.class === 'use'
    return isUse ? queues.get(accountOf(service)) : undefined
  }
  return {
    rehearse: async ({ facts, principal }) =>
      queueFor(facts)?.isFull(principal.id) ? refuse('queue-full') : null,
    enter: async ({ facts, principal, leaving, model = null }) => {
      const queue = queueFor(facts)
      if (queue === undefined) return null
      const signal = leaving?.() ?? neverLeaves
      const about = describe(principal, model)
      const caller = { key: principal.id, weight: principal.weight ?? 1, signal, about }
      const entered = await queue.enter(caller)
      return typeof entered === 'string' ? refuse(entered) : entered
    },
    counts: () => Object.fromEntries([...queues].map(([name, queue]) => [name, queue.counts()])),
    views: () => Object.fromEntries([...queues].map(([name, queue]) => [name, queue.view()])),
  }
}

/** People know the key of a token, and not the token. */
function describe(principal: Principal, model: string | null): QueuedRequest {
  const { user } = principal
  return { user, principal: holderOf(principal).id, model }
}

function refuse(why: TurnedAway): Refusal {
  return { reason: reasonOf[why], limit: null, retryAfterMs: null }
}

const neverLeaves = new AbortController().signal
