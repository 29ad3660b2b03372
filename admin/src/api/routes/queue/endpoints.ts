/** The queues of the running gatekeeper: who runs, who waits. Nothing of what they ask is known. */
import { z } from 'zod'
import { formatInstant } from '../../../../../gatekeeper/src/lib/instant.ts'
import { readEveryClient } from '../../../../../gatekeeper/src/operations/clients/read-clients.ts'
import type { ApiDeps } from '../../api-deps.ts'
import { askRunning } from '../../ask-running.ts'
import type { Caller } from '../../caller.ts'
import { defineEndpoint, type Endpoint } from '../../endpoint.ts'
import { isInScope, scopeOf } from '../../scope.ts'

const queued = z.object({
  user: z.string(),
  /** The id of the key; null for callers without one. */
  key: z.string().nullable(),
  principal: z.string(),
  model: z.string().nullable(),
  sinceMs: z.number(),
})
const view = z.object({
  at: z.string(),
  services: z.array(
    z.object({
      ...{ name: z.string(), slots: z.number() },
      /** Of everybody; the lists have only what the caller may see. */
      ...{ runningCount: z.number(), waitingCount: z.number() },
      running: z.array(queued),
      waiting: z.array(queued.extend({ position: z.number() })),
    }),
  ),
})

type Queued = {
  readonly user: string
  readonly principal: string
  readonly model: string | null
  readonly sinceMs: number
}
type Queue = {
  readonly slots: number
  readonly running: readonly Queued[]
  readonly waiting: readonly Queued[]
}

/** Returns the row of `/queue`. */
export function queueEndpoints(deps: ApiDeps): readonly Endpoint[] {
  return [
    defineEndpoint({
      method: 'GET',
      path: '/queue',
      summary: 'Lists who runs and who waits at each service with slots.',
      roles: 'any',
      answers: { 200: view },
      handle: async ({ caller }) => {
        const asked = await askRunning<{ readonly services: Readonly<Record<string, Queue>> }>(
          deps.askGatekeeper,
          '/queue',
        )
        const isShown = await createFilter(caller, deps)
        const services = Object.entries(asked.services).map(([name, queue]) => ({
          ...{ name, slots: queue.slots },
          ...{ runningCount: queue.running.length, waitingCount: queue.waiting.length },
          running: queue.running.filter(isShown).map(describe),
          waiting: queue.waiting
            .map((one, index) => ({ ...one, position: index + 1 }))
            .filter(isShown)
            .map((one) => ({ ...describe(one), position: one.position })),
        }))
        return { status: 200, body: { at: formatInstant(deps.clock()), services } }
      },
    }),
  ]
}

async function createFilter(caller: Caller, { keys, installation }: ApiDeps) {
  const scope = scopeOf(caller)
  if (scope.seesAll) return () => true
  const { find } = await keys.now()
  const clients = new Map((await readEveryClient(installation)).map((one) => [one.id, one]))
  return ({ principal }: Queued) => {
    const key = keyOf(principal)
    const found = key === null ? clients.get(clientOf(principal) ?? '') : find(key)
    return found !== undefined && found !== null && isInScope(scope, found)
  }
}

function describe({ user, principal, model, sinceMs }: Queued) {
  return { user, key: keyOf(principal), principal, model, sinceMs }
}

/** `key:ID`, or `key:ID/NAME` for a person behind a key. */
function keyOf(principal: string): string | null {
  return /^key:([^/]+)/.exec(principal)?.[1] ?? null
}

/** `client:ID`, or `app:ID:USER` for a user of an app. */
function clientOf(principal: string): string | null {
  return /^(?:client|app):([^:/]+)/.exec(principal)?.[1] ?? null
}
