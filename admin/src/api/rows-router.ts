/**
 * The router of the admin API, made from the rows. Before it a request has passed the edge and has a
 * caller; here its row is found, its parts are put in their schemas, and role and proof are judged.
 */
import Router from '@koa/router'
import type Koa from 'koa'
import type { RecordActs } from '../../../gatekeeper/src/operations/audit/record-acts.ts'
import { createMethodFinder } from './allowed-methods.ts'
import { ApiError } from './api-error.ts'
import { type CallGate, createCallGate } from './call-gate.ts'
import type { Caller } from './caller.ts'
import { clientAddressOf, onlyValue } from './edge.ts'
import type { Call, Endpoint, Reply } from './endpoint.ts'
import { bodyBytesMax, createBodyReader } from './read-body.ts'
import { readCall } from './read-call.ts'
import { createRefusalRecorder } from './refused-writes.ts'
import { sendReply } from './send-reply.ts'
import { reachOf } from './team-rows.ts'

export const apiPrefix = '/admin/v1'

/** The proof that a call shows for its act. */
export type ShownProof = {
  readonly id: string
  readonly sessionId: string
  readonly act: string
  /** What the act is about: the params of the call, such as the id of a person. */
  readonly target: string | null
}

export type RouterDeps = {
  readonly record: RecordActs
  /** Records acts that only take rights away; never rejects. */
  readonly recordEnded: RecordActs
  /** Returns whether the proof was good; it is good for one call. */
  readonly consumeStepUp: (proof: ShownProof) => Promise<boolean>
}

/** What earlier steps found about a request. */
export type CallState = {
  readonly caller: Caller
  readonly requestId: string
  /** Returns the caller with the rights of now; rejects with an ApiError if there is none any more. */
  readonly callerNow: () => Promise<Caller>
}

type AnyCall = Call<unknown, unknown, unknown>

/** Returns the middleware that answers all rows. The state of the context is a `CallState`. */
export function routeRows(rows: readonly Endpoint[], deps: RouterDeps): Koa.Middleware {
  const router = new Router({ prefix: apiPrefix, sensitive: true, strict: true })
  const recordRefusal = createRefusalRecorder(deps.record)
  const gate = createCallGate()
  for (const row of rows) {
    if (row.path.includes(':') && row.params === undefined) {
      throw new Error(`${row.method} ${row.path} has no schema for its params`)
    }
    const answer = answerRow(row, gate, deps)
    router.register(row.path, [row.method], async (context) => {
      const { caller, requestId } = context.state as CallState
      try {
        await answer(context as unknown as Koa.Context)
      } catch (error) {
        if (error instanceof ApiError && typeof row.event === 'string' && row.roles !== 'open') {
          const clientAddress = clientAddressOf(context.req)
          const { reason } = error
          const event = row.event
          await recordRefusal({ event, callerId: caller.id, requestId, clientAddress, reason })
        }
        throw error
      }
    })
  }
  router.all('/{*rest}', () => {
    throw nothingHere()
  })
  // The router's own context type has more members.
  const route = router.routes() as unknown as Koa.Middleware
  const methodsOf = createMethodFinder(rows)
  return async (context, next) => {
    const allow = methodsOf(context.path.slice(apiPrefix.length))
    if (allow.length > 0 && !allow.includes(context.method)) {
      throw new ApiError('method_not_allowed', 'This path has other methods.', { allow })
    }
    await route(context, next)
  }
}

const nothingHere = () => new ApiError('not_found', 'There is nothing here.')

function answerRow(
  row: Endpoint,
  gate: CallGate,
  deps: RouterDeps,
): (context: Koa.Context) => Promise<void> {
  const readBody = createBodyReader(row.bodyBytesMax ?? bodyBytesMax)
  return async (context) => {
    const state = context.state as CallState
    requireRights(row, state.caller)
    const left = new AbortController()
    context.res.once('close', () => left.abort())
    // Sign-in has bounds of its own: strangers must not wait for each other.
    const leave = row.roles === 'open' ? () => {} : await gate.enter(state.caller.id, left.signal)
    try {
      const { params } = context as unknown as { params: Record<string, string> }
      const body = await readBody(context)
      // A turn and a body may take a while to come, and the rights of before may be gone.
      const caller = await state.callerNow()
      requireRights(row, caller)
      context.state = { ...state, caller } satisfies CallState
      const parts = readCall(row, { params, query: context.querystring, body })
      const call = describeCall(context, parts, deps, left.signal)
      await requireProof(row, call, context, deps)
      context.respond = false
      const reply = await row.handle(call as never)
      // Events and chats last for minutes, and are counted where they begin.
      if (isLasting(reply)) leave()
      await sendReply(context.res, reply, left.signal)
    } finally {
      leave()
    }
  }
}

function isLasting({ stream }: Reply): boolean {
  return stream?.type.startsWith('text/event-stream') === true
}

function requireRights(row: Endpoint, { team, role }: Caller): void {
  if (team !== null && reachOf(row) === 'none') throw nothingHere()
  const { roles } = row
  if (typeof roles === 'string' || roles.includes(role)) return
  throw new ApiError('role', `This needs the role ${roles.join(' or ')}.`)
}

function describeCall(
  { req, state }: Koa.Context,
  parts: Pick<AnyCall, 'params' | 'query' | 'body'>,
  { record, recordEnded }: RouterDeps,
  signal: AbortSignal,
): AnyCall {
  const { caller, requestId } = state as CallState
  const clientAddress = clientAddressOf(req)
  const { params, query, body } = parts
  const by = { principal: caller.id, requestId, clientAddress }
  // What the act is about says its team, where it has one.
  const ofTeam = caller.team === null ? {} : { team: caller.team }
  const recordBy =
    (of: RecordActs): RecordActs =>
    async (acts) =>
      await of(acts.map((act) => ({ ...ofTeam, ...act, ...by })))
  return {
    ...{ caller, params, query, body, requestId, clientAddress, signal },
    record: recordBy(record),
    recordEnded: recordBy(recordEnded),
    userAgent: onlyValue(req, 'user-agent')?.slice(0, 300) ?? null,
    ifMatch: readTag(onlyValue(req, 'if-match')),
    lastEventId: onlyValue(req, 'last-event-id'),
    isCreation: onlyValue(req, 'if-none-match')?.trim() === '*',
  }
}

/** Only a strong tag says that nothing of the content differs (RFC 9110 §13.1.1). */
function readTag(field: string | null): string | null {
  if (field === null) return null
  const tag = /^"([\x21\x23-\x7e]{1,200})"$/.exec(field.trim())?.[1]
  if (tag === undefined) throw new ApiError('invalid', 'If-Match must be one tag in quotes.')
  return tag
}

async function requireProof(
  { stepUp }: Endpoint,
  call: AnyCall,
  { req }: Koa.Context,
  { consumeStepUp }: RouterDeps,
): Promise<void> {
  const act = typeof stepUp === 'function' ? await stepUp(call) : (stepUp ?? null)
  if (act === null) return
  const id = onlyValue(req, 'x-gatekeeper-step-up')
  const sessionId = call.caller.session?.id
  const [target = null] = Object.values((call.params ?? {}) as Record<string, string>)
  const isProven =
    id !== null && sessionId !== undefined && (await consumeStepUp({ id, sessionId, act, target }))
  if (!isProven) throw new ApiError('step_up_required', 'Prove first that it is you.', { act })
}
