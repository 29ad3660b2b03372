/**
 * The playground: a chat with the rights of a key. The gatekeeper admits, charges and records it like
 * every request; who asked for it is an act on record, which has the same request id.
 */
import { z } from 'zod'
import { streamGatekeeper } from '../../../../../gatekeeper/src/operations/stream-gatekeeper.ts'
import type { ApiDeps } from '../../api-deps.ts'
import { ApiError } from '../../api-error.ts'
import { notRunning } from '../../ask-running.ts'
import type { Caller } from '../../caller.ts'
import { type Call, defineEndpoint, type Endpoint, type Reply } from '../../endpoint.ts'
import { requireChangeable } from '../keys/own-keys.ts'
import { chatQuestion, models, modelsQuestion, refusal } from './schema.ts'

const bodyBytesMax = 1_000_000
/** What one person may have running: a page needs one. */
const runningMax = 4

/** An auditor looks and spends nothing. */
const users = ['owner', 'admin', 'member'] as const

/** Returns the rows of `/playground`. */
export function playgroundEndpoints(deps: ApiDeps): readonly Endpoint[] {
  const running = new Map<string, number>()
  return [
    defineEndpoint({
      method: 'GET',
      path: '/playground/models',
      summary: 'Lists the models that a key may use.',
      roles: users,
      query: modelsQuestion,
      answers: { 200: models },
      handle: async ({ caller, query, clientAddress, requestId }) => {
        const { id } = await requireUsable(query.key, caller, deps)
        const question = { key: id, clientAddress, requestId }
        const answer = await deps.askGatekeeper('/playground/models', question).catch(() => null)
        if (answer === null) throw notRunning()
        if (answer.status !== 200) throw refusedBy(answer.status, answer.document)
        return { status: 200, body: models.parse(answer.document) }
      },
    }),
    defineEndpoint({
      method: 'POST',
      path: '/playground/chat',
      summary: 'Streams a chat with the rights of a key, which is charged for it.',
      roles: users,
      event: 'playground.used',
      bodyBytesMax,
      body: chatQuestion,
      answers: { 200: z.string().meta({ description: 'text/event-stream' }) },
      handle: (call) => chat(call, running, deps),
    }),
  ]
}

async function requireUsable(id: string, caller: Caller, { keys }: ApiDeps) {
  const key = requireChangeable((await keys.now()).find(id), caller)
  if (key.disabled) throw new ApiError('conflict', 'The key is disabled.')
  return key
}

type ChatCall = Call<unknown, unknown, z.output<typeof chatQuestion>>

async function chat(call: ChatCall, running: Map<string, number>, deps: ApiDeps): Promise<Reply> {
  const { id, user } = await requireUsable(call.body.key, call.caller, deps)
  const leave = enter(call.caller.id, running)
  try {
    const { service, model } = call.body
    await call.record([{ event: 'playground.used', key: id, owner: user, service, model }])
    const chunks = untilEnd(await ask(call, deps), leave)
    return { status: 200, stream: { type: 'text/event-stream; charset=utf-8', chunks } }
  } catch (error) {
    leave()
    throw error
  }
}

/** Counts one chat of a person; returns what ends the count. */
function enter(name: string, running: Map<string, number>): () => void {
  const count = running.get(name) ?? 0
  if (count >= runningMax) throw new ApiError('too_many', 'Stop one of your other chats first.')
  running.set(name, count + 1)
  let isIn = true
  return () => {
    if (!isIn) return
    isIn = false
    const left = (running.get(name) ?? 1) - 1
    if (left === 0) running.delete(name)
    else running.set(name, left)
  }
}

async function ask({ body, clientAddress, requestId, signal }: ChatCall, deps: ApiDeps) {
  const question = { ...body, clientAddress, requestId }
  const asked = { path: '/playground/chat', question, signal }
  const answer = await streamGatekeeper(deps.installation.commandListen, asked).catch(() => null)
  if (answer === null) throw notRunning()
  if ('chunks' in answer) return answer.chunks
  throw refusedBy(answer.status, parse(answer.text))
}

async function* untilEnd(chunks: AsyncIterable<string>, leave: () => void): AsyncGenerator<string> {
  try {
    yield* chunks
  } finally {
    leave()
  }
}

/** The gatekeeper's reason, in words of its own. */
function refusedBy(status: number, document: unknown): ApiError {
  const parsed = refusal.safeParse(document)
  const text = parsed.success ? parsed.data.text : 'The gatekeeper did not accept this.'
  if (status === 404) return new ApiError('not_found', text)
  return new ApiError(status === 409 ? 'conflict' : 'unavailable', text)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
