/**
 * Reads the messages of a chat and makes the body that is sent on, of which the first message is
 * ours. Nothing of the client's body goes on but the texts of its messages, so that no member of it
 * can choose another model, a tool, or another prompt.
 */
import { readChatQuery } from '../endpoints/chat-query.ts'
import { mayUseModel } from '../endpoints/model-name.ts'
import { type JsonBody, membersOf } from '../lib/json-edit.ts'
import { parseJson } from '../lib/parse-json.ts'
import { noBody, type RequestFacts } from '../policy/facts.ts'
import type { Principal } from '../policy/principal.ts'
import type { Reason } from '../policy/reason.ts'
import { readAsks } from './body-asks.ts'
import { codingOf, decodeBody } from './body-decoding.ts'
import type { BodySource, ReadBody } from './body-facts.ts'
import type { ChatDeps } from './chat-head.ts'
import { isJsonType, isTextType } from './content-type.ts'
import { readJsonBody } from './json-body.ts'
import type { RequestHead } from './request-head.ts'
import { reasonOfUnread } from './unread.ts'

/** Longer than any conversation in words; what is longer is a file, and those are not for chats. */
export const chatBytesMax = 1024 * 1024

const messagesMax = 1_000
const roles = ['user', 'assistant']

type Message = { readonly role: string; readonly content: string }
type Conversation = { readonly messages: readonly Message[]; readonly isStream: boolean }
type Question = { head: RequestHead; facts: RequestFacts; principal: Principal }

export async function readChat(
  question: Question,
  source: BodySource,
  deps: ChatDeps | null,
): Promise<ReadBody> {
  // Without prompts and models nobody knows what to send: that is no chat without a prompt.
  if (deps === null) return refuse('check-failed')
  const bytes = await readBytes(question, source)
  if (typeof bytes === 'string') return refuse(bytes)
  const conversation = await readConversation(bytes, question.head)
  if (typeof conversation === 'string') return refuse(conversation)
  const asked = await chooseModel(question, deps)
  if (typeof asked === 'string') return refuse(asked)
  const json = compose(conversation, asked)
  if (!source.take(json.bytes.length)) return refuse('too-much-in-flight')
  const measured = { ...json, imagesBytes: 0, imageBytes: 0 }
  return { facts: readAsks(measured, question), json }
}

const refuse = (defect: Reason): ReadBody => ({ facts: { ...noBody, defect }, json: null })

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

/** A JSON object with messages, or one text: as JSON, or as text/plain. */
async function readConversation(bytes: Buffer, head: RequestHead): Promise<Conversation | Reason> {
  const text = decodeText(bytes)
  if (text === null) return 'chat-malformed'
  if (isTextType(head)) return ofText(text)
  if (/^[ \t\r\n]*"/.test(text)) return ofText(parseJson(text))
  const json = await readJsonBody(bytes, { kind: 'chat', measuresImages: false })
  if (json === 'body-malformed') return 'chat-malformed'
  return typeof json === 'string' ? json : ofObject(parseJson(json.bytes.toString('utf8')))
}

function decodeText(bytes: Buffer): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return null
  }
}

function ofText(content: unknown): Conversation | Reason {
  if (!isText(content)) return 'chat-malformed'
  return { messages: [{ role: 'user', content }], isStream: false }
}

function ofObject(value: unknown): Conversation | Reason {
  if (!hasOnly(value, ['messages', 'stream'])) return 'chat-malformed'
  const { messages, stream = false } = value
  if (typeof stream !== 'boolean' || !Array.isArray(messages)) return 'chat-malformed'
  if (messages.length === 0 || messages.length > messagesMax) return 'chat-malformed'
  const read = messages.map(readMessage)
  const reason = read.find((one) => typeof one === 'string')
  return reason ?? { messages: read as readonly Message[], isStream: stream }
}

function readMessage(value: unknown): Message | Reason {
  if (!hasOnly(value, ['role', 'content'])) return 'chat-malformed'
  const { role, content } = value
  if (typeof role !== 'string' || !isText(content)) return 'chat-malformed'
  // A client's own system or developer message would speak with the voice of the prompt.
  return roles.includes(role) ? { role, content } : 'chat-role-refused'
}

function hasOnly(value: unknown, names: readonly string[]): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return Object.keys(value).every((name) => names.includes(name))
}

/** Half a character would be written in two ways by two readers. */
const isText = (value: unknown): value is string =>
  typeof value === 'string' && value.isWellFormed() && value.trim() !== ''

type Asked = { readonly model: string; readonly prompt: string }

/**
 * The model and the prompt of a request. A model that is unknown and one that the caller may not use
 * get one answer. Where the list cannot be read nobody knows, and nothing is sent.
 */
async function chooseModel(
  { facts, principal }: Question,
  deps: ChatDeps,
): Promise<Asked | Reason> {
  const query = readChatQuery(facts.query)
  const level = facts.endpoint?.promptLevel
  if ('unknown' in query || level === undefined) return 'unknown-query'
  const prompt = deps.findPrompt(query.domain, level)
  if (prompt === null) return 'unknown-query'
  const listed = await deps.listModels()
  if (listed === null) return 'models-unavailable'
  const isUsable = (name: string) => mayUseModel(principal, 'chat', name)
  const usable = listed.filter(isUsable)
  const model = query.model ?? facts.service?.chat?.model ?? usable[0]
  return model !== undefined && usable.includes(model) ? { model, prompt } : 'unknown-query'
}

function compose({ messages, isStream }: Conversation, { model, prompt }: Asked): JsonBody {
  const system = { role: 'system', content: prompt }
  const stream = isStream ? { stream: true } : {}
  const text = JSON.stringify({ model, messages: [system, ...messages], ...stream })
  const bytes = Buffer.from(text)
  return { bytes, members: membersOf(bytes, 0) }
}
