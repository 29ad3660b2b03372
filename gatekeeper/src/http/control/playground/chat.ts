import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Decided } from '../../../telemetry/decision-log.ts'
import type { Answer } from '../../answer.ts'
import { jsonAnswer } from '../../send.ts'
import { type ChatEvent, readChatEvents, refusalText } from './chat-events.ts'
import type { PlaygroundDeps } from './playground-deps.ts'
import type { ChatQuestion } from './question.ts'
import { noAnswer, noSigner, readText, unusable } from './refusals.ts'

/** Sends the chat; resolves with the head of its answer, or with why it could not be sent. */
export async function beginChat(
  question: ChatQuestion,
  signal: AbortSignal,
  deps: PlaygroundDeps,
): Promise<IncomingMessage | Answer> {
  const { key: keyId, service, model, clientAddress, requestId } = question
  const places = deps.placesOf(keyId)
  if (typeof places === 'string') return unusable(places)
  const place = places.find((one) => one.service === service)
  if (place === undefined) return jsonAnswer(404, { status: 'no chat', text: noChat })
  const token = await deps.mint({ keyId, service, model })
  if (token === null) return jsonAnswer(503, { status: 'no signer', text: noSigner })
  const { chatPath: path, host } = place
  const body = JSON.stringify(toBody(question))
  const head = { method: 'POST', path, host, clientAddress, requestId, token, body } as const
  try {
    return await deps.callRelay({ ...head, signal })
  } catch {
    return jsonAnswer(502, { status: 'no answer', text: noAnswer })
  }
}

const noChat = 'This key has no service of this name that chats.'

function toBody({ model, messages, maxTokens, temperature }: ChatQuestion) {
  return {
    ...{ model, messages, stream: true },
    ...(maxTokens !== undefined && { max_tokens: maxTokens }),
    ...(temperature !== undefined && { temperature }),
  }
}

/** Sends the answer as events, and at its end what it cost. */
export async function sendChat(
  answer: IncomingMessage,
  afterEnd: () => Promise<Decided | null>,
  response: ServerResponse,
): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  const send = (event: object) =>
    response.destroyed || response.write(`data: ${JSON.stringify(event)}\n\n`)
  try {
    for await (const event of eventsOf(answer)) {
      if (!send(event)) await onceWritable(response)
    }
  } catch {
    send({ error: { status: answer.statusCode, text: brokenOff } })
  }
  const record = await afterEnd()
  if (record !== null) send({ usage: describeUse(record) })
  response.end()
}

const brokenOff = 'The answer broke off.'

type SentEvent =
  | Exclude<ChatEvent, { readonly fault: string }>
  | { readonly error: { readonly status: number; readonly text: string } }

async function* eventsOf(answer: IncomingMessage): AsyncGenerator<SentEvent> {
  const { statusCode: status = 502 } = answer
  if (status !== 200) {
    const text = refusalText(await readText(answer)) ?? noAnswer
    return yield { error: { status, text } }
  }
  for await (const event of readChatEvents(answer.setEncoding('utf8'))) {
    yield 'fault' in event ? { error: { status, text: event.fault } } : event
  }
}

/** Resolves also when the one who reads has left: then nothing is ever writable again. */
function onceWritable(response: ServerResponse): Promise<void> {
  if (response.destroyed) return Promise.resolve()
  return new Promise((resolve) => {
    const go = () => {
      response.off('drain', go)
      response.off('close', go)
      resolve()
    }
    response.on('drain', go)
    response.on('close', go)
  })
}

function describeUse({ reason, usage, durationMs, outcome, requestId }: Decided) {
  return {
    ...{ requestId, reason, durationMs: Math.round(durationMs) },
    tokensIn: usage?.inputTokens ?? 0,
    tokensOut: usage?.outputTokens ?? 0,
    microUsd: String(usage?.microUsd ?? 0),
    isEstimated: usage?.isEstimated ?? false,
    queueMs: Math.round(outcome?.waitedMs ?? 0),
    firstByteMs: outcome?.firstByteMs === undefined ? null : Math.round(outcome.firstByteMs),
  }
}
