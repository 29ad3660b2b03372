/**
 * Builds the body that is forwarded for a chat; its first message is the prompt. Only the texts of
 * the client's messages are copied, so that no member of the client's body can choose another
 * model, a tool or another prompt.
 */
import { readChatQuery } from '../kinds/chat/chat-query.ts'
import { kindOf } from '../kinds/kinds.ts'
import { mayUseModel, normalizeModelName } from '../kinds/model-name.ts'
import { type JsonBody, membersOf } from '../lib/json/json-edit.ts'
import { noBody, type RequestFacts } from '../model/facts.ts'
import type { Principal } from '../model/principal.ts'
import type { Reason } from '../model/reason.ts'
import { readAsks } from './body-asks.ts'
import { codingOf, decodeBody } from './body-decoding.ts'
import type { BodySource, ReadBody } from './body-source.ts'
import { reasonOfUnread } from './body-source.ts'
import type { ChatDeps } from './chat-head.ts'
import { type ChatDefect, type Conversation, readConversation } from './chat-messages.ts'
import { isJsonType, isTextType } from './content-type.ts'
import type { RequestHead } from './request-head.ts'

/** Longer than any conversation; longer bodies are files, which chats do not accept. */
export const chatBytesMax = 1024 * 1024

type Question = { head: RequestHead; facts: RequestFacts; principal: Principal }

export async function readChat(
  question: Question,
  source: BodySource,
  deps: ChatDeps | null,
): Promise<ReadBody> {
  // Without prompts and models there is nothing to send, and no chat goes without a prompt.
  if (deps === null) return refuse({ defect: 'check-failed' })
  const bytes = await readBytes(question, source)
  if (typeof bytes === 'string') return refuse({ defect: bytes })
  const conversation = await readConversation(bytes, question.head)
  if ('defect' in conversation) return refuse(conversation)
  const asked = await chooseModel(question, deps)
  if ('defect' in asked) return refuse(asked)
  const json = compose(conversation, asked)
  if (!source.take(json.bytes.length)) return refuse({ defect: 'too-much-in-flight' })
  const measured = { ...json, imagesBytes: 0, imageBytes: 0 }
  return { facts: readAsks(measured, question), json }
}

const refuse = (found: ChatDefect): ReadBody => ({ facts: { ...noBody, ...found }, json: null })

async function readBytes(
  { head, principal }: Question,
  source: BodySource,
): Promise<Buffer | Reason> {
  const coding = codingOf(head)
  if (coding === undefined) return 'body-encoding'
  if (!isJsonType(head) && !isTextType(head)) return 'body-type'
  const read = await source.read(chatBytesMax, principal.id)
  if (typeof read === 'string') return reasonOfUnread(read)
  const { take } = source
  return coding === null ? read : await decodeBody(read, coding, { bytesMax: chatBytesMax, take })
}

type Asked = { readonly model: string; readonly prompt: string }

/** Returns the model and the prompt of a request, or why there is none. */
async function chooseModel(question: Question, deps: ChatDeps): Promise<Asked | ChatDefect> {
  const { facts } = question
  const query = readChatQuery(facts.query)
  const level = facts.endpoint?.promptLevel
  if ('unknown' in query || level === undefined) return { defect: 'unknown-query' }
  const prompt = deps.findPrompt(query.domain, level)
  if (prompt === null) return { defect: 'unknown-query' }
  const listed = await deps.listModels()
  // If the models are unknown, nothing is sent.
  if (listed === null || listed.length === 0) return { defect: 'models-unavailable' }
  const model = findModel(query.model, listed, question)
  return model === null ? missing(query.model) : { model, prompt }
}

/**
 * Returns the model under the upstream's name; null if it is not listed, or the caller may not use
 * it.
 */
function findModel(
  asked: string | null,
  listed: readonly string[],
  { facts, principal }: Question,
): string | null {
  const kind = kindOf(facts)
  const usable = listed.filter((name) => mayUseModel(principal, kind, name))
  const wanted = asked ?? facts.service?.chat?.model ?? usable[0]
  if (wanted === undefined) return null
  if (usable.includes(wanted)) return wanted
  const normal = normalizeModelName(kind, wanted)
  return usable.find((name) => normalizeModelName(kind, name) === normal) ?? null
}

/** One answer for an unknown model and for one that the caller may not use. */
function missing(asked: string | null): ChatDefect {
  const text =
    asked === null
      ? 'The default model is not available. Choose another one with ?model=.'
      : `The model '${asked.toWellFormed()}' does not exist or you do not have access to it.`
  return { defect: 'model-not-allowed', detail: { text, param: 'model' } }
}

function compose({ messages, isStream }: Conversation, { model, prompt }: Asked): JsonBody {
  const system = { role: 'system', content: prompt }
  const stream = isStream ? { stream: true } : {}
  const text = JSON.stringify({ model, messages: [system, ...messages], ...stream })
  const bytes = Buffer.from(text)
  return { bytes, members: membersOf(bytes, 0) }
}
