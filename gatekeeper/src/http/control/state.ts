/**
 * What the admin process and the command line ask of the running gatekeeper: who is in the queues,
 * which parts are stale, which services answer, what is used of limits. No answer has a secret, and
 * none has the content of a request. The routes stand on the unix socket that only this user can
 * open.
 */
import type Koa from 'koa'
import { z } from 'zod'
import { formatInstant } from '../../lib/instant.ts'
import type { Problem } from '../../lib/problem.ts'
import { scrubKeys } from '../../model/key-shape.ts'
import type { Standing } from '../../model/limit.ts'
import type { Principal } from '../../model/principal.ts'
import type { Reason } from '../../model/reason.ts'
import type { ServiceView } from '../../model/service-view.ts'
import type { QueueView } from '../../scheduler/fair-queue.ts'
import { createRouter, reply, routesOf } from '../router.ts'
import type { Health } from '../routes/admin-health.ts'
import type { PartProblems } from '../routes/ops.ts'
import { jsonAnswer } from '../send.ts'
import { jsonReader } from './read-json.ts'

export type StateDeps = {
  readonly queues: () => Readonly<Record<string, QueueView>>
  readonly isDraining: () => boolean
  readonly parts: () => PartProblems
  /** Configuration that is in force as written, but was probably not meant. */
  readonly notes: () => readonly Problem[]
  readonly readHealth: () => Promise<Health>
  /** The services in force. */
  readonly services: readonly ServiceView[]
  /** Returns the key or the client of an id as it may act now, or why it may not. */
  readonly findPrincipal: (kind: 'key' | 'client', id: string) => Principal | Reason
  /** Returns every limit of a principal with its standing. */
  readonly standingsOf: (principal: Principal) => readonly Standing[]
}

const idsMax = 200
const id = z.string().min(1).max(200)
const ids = z.array(id).max(idsMax).default([])
const usageQuestion = z.strictObject({ keys: ids, clients: ids })

/** Returns the handler of `POST /queue`, `/parts`, `/services` and `/usage-of`. */
export function stateRoutes(deps: StateDeps): Koa.Middleware {
  const router = createRouter()
  router.post(
    '/queue',
    reply(() => jsonAnswer(200, { services: deps.queues() })),
  )
  router.post(
    '/parts',
    reply(() => jsonAnswer(200, describeParts(deps))),
  )
  router.post(
    '/services',
    reply(async () => jsonAnswer(200, { ...(await deps.readHealth()), configured: deps.services })),
  )
  router.post(
    '/usage-of',
    jsonReader('64kb'),
    reply(({ request }) => {
      const parsed = usageQuestion.safeParse(request.body)
      if (!parsed.success) return jsonAnswer(400, { status: 'no question' })
      const { keys, clients } = parsed.data
      return jsonAnswer(200, {
        keys: describeAll('key', keys, deps),
        clients: describeAll('client', clients, deps),
      })
    }),
  )
  return routesOf(router)
}

function describeParts({ parts, notes, isDraining }: StateDeps) {
  const all = parts()
  const isDegraded = Object.values(all).some((problems) => problems.length > 0)
  return {
    status: isDraining() ? 'draining' : isDegraded ? 'degraded' : 'ok',
    parts: all,
    notes: notes().map(scrub),
  }
}

/** As in `/readyz`: a note may quote a line with a key. */
function scrub({ source, what, remedy }: Problem): Problem {
  return { source, what: scrubKeys(what), remedy }
}

/** By id; null for those that may not act now. */
function describeAll(kind: 'key' | 'client', of: readonly string[], deps: StateDeps) {
  // No prototype: an id may be the name of one of its members.
  const found: Record<string, unknown> = Object.create(null)
  for (const one of of) {
    const principal = deps.findPrincipal(kind, one)
    const isActive = typeof principal !== 'string'
    found[one] = isActive ? deps.standingsOf(principal).map(describeStanding) : null
  }
  return found
}

function describeStanding({ scope, text, unit, amount, used, remaining, resetAt }: Standing) {
  const resetsAt = resetAt === null ? null : formatInstant(resetAt)
  return { scope, text, unit, limit: amount, used, remaining, resetsAt }
}
