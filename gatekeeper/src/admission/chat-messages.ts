/**
 * Reads the messages of a client of the domain chat: a list, one plain text, or such a list as JSON
 * text; or one text as the whole body.
 */

import { http } from '../kinds/http/http.ts'
import { isObject } from '../lib/json/is-object.ts'
import { parseJson } from '../lib/json/parse-json.ts'
import type { Detail } from '../model/detail.ts'
import type { Reason } from '../model/reason.ts'
import { isTextType } from './content-type.ts'
import { readJsonBody } from './json-body.ts'
import type { RequestHead } from './request-head.ts'

export type Message = { readonly role: string; readonly content: string }
export type Conversation = { readonly messages: readonly Message[]; readonly isStream: boolean }

/** Why a body is refused; `detail` has more than the reason, if more is known. */
export type ChatDefect = { readonly defect: Reason; readonly detail?: Detail }

const messagesMax = 1_000
const roles = ['user', 'assistant']
/** No member is forwarded, so none has to be refused for its name. */
const asItComes = { kind: http, measuresImages: false }
const malformed: ChatDefect = { defect: 'chat-malformed' }

/** Reads the body of a chat; the result contains only texts and roles. */
export async function readConversation(
  bytes: Buffer,
  head: RequestHead,
): Promise<Conversation | ChatDefect> {
  const text = decodeText(bytes)
  if (text === null) return malformed
  if (isTextType(head)) return ofMessages(await readText(text))
  if (/^[ \t\r\n]*"/.test(text)) return ofMessages(await readText(parseJson(text)))
  const json = await readJsonBody(bytes, asItComes)
  if (typeof json === 'object' && 'defect' in json)
    return { defect: json.defect } satisfies ChatDefect
  if (json === 'body-malformed') return malformed
  if (typeof json === 'string') return { defect: json }
  return await ofObject(parseJson(json.bytes.toString('utf8')))
}

function decodeText(bytes: Buffer): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return null
  }
}

async function ofObject(value: unknown): Promise<Conversation | ChatDefect> {
  if (typeof value !== 'object' || value === null) return malformed
  const other = Object.keys(value).filter((name) => name !== 'messages' && name !== 'stream')
  if (other.length > 0) return nameOther(other)
  const { messages, stream = false } = value as { messages?: unknown; stream?: unknown }
  if (typeof stream !== 'boolean') {
    return say('stream', 'The member stream must be true or false.')
  }
  return ofMessages(typeof messages === 'string' ? await readText(messages) : messages, stream)
}

/** Members of other endpoints. Only these names are repeated; others may contain anything. */
const namedMembers = new Set(
  `model tools tool_choice functions function_call system prompt temperature top_p top_k n stop seed
  max_tokens max_completion_tokens response_format presence_penalty frequency_penalty logit_bias user
  metadata stream_options options keep_alive format think domain level`.split(/\s+/),
)

function nameOther(names: readonly string[]): ChatDefect {
  const known = names.filter((name) => namedMembers.has(name))
  const what = known.length === 0 ? 'a member that is not allowed' : `${known.join(', ')}`
  const rest =
    'Only messages and stream are allowed; choose model and domain with ?model= and ?domain=.'
  return say(known[0] ?? null, `The body has ${what}. ${rest}`)
}

const say = (param: string | null, text: string): ChatDefect => ({
  defect: 'chat-malformed',
  detail: { text, param },
})

/**
 * Returns a list of messages if the text is one in JSON, and else one user message. The text is
 * read like a body, so that a repeated member is refused here too.
 */
async function readText(text: unknown): Promise<unknown> {
  if (!isText(text)) return null
  if (!isMessageList(parseJson(text))) return [{ role: 'user', content: text }]
  const bytes = Buffer.from(`{"messages":${text}}`)
  const json = await readJsonBody(bytes, asItComes)
  if (typeof json === 'object' && 'defect' in json)
    return { defect: json.defect } satisfies ChatDefect
  if (typeof json === 'string') return { defect: json } satisfies ChatDefect
  return (parseJson(json.bytes.toString('utf8')) as { messages: unknown }).messages
}

/** `[1, 2]` and `["a"]` are ordinary texts that a user may ask about. */
function isMessageList(value: unknown): boolean {
  if (!Array.isArray(value)) return false
  return value.length === 0 || value.some((one) => isObject(one) && 'role' in one)
}

function ofMessages(messages: unknown, isStream = false): Conversation | ChatDefect {
  if (isObject(messages) && 'defect' in messages) return messages as ChatDefect
  if (!Array.isArray(messages)) return malformed
  if (messages.length === 0) return say('messages', 'The list of messages is empty.')
  if (messages.length > messagesMax) {
    return say('messages', `There are more than ${messagesMax} messages.`)
  }
  const read = messages.map(readMessage)
  const defect = read.find((one) => 'defect' in one)
  return defect ?? { messages: read as readonly Message[], isStream }
}

function readMessage(value: unknown, index: number): Message | ChatDefect {
  const place = `messages[${index}]`
  if (!isObject(value)) return say(place, `${place} must be an object of role and content.`)
  const isPlain = Object.keys(value).every((name) => name === 'role' || name === 'content')
  if (!isPlain) return say(place, `${place} may have only role and content.`)
  const { role, content } = value
  if (typeof role !== 'string') return say(place, `${place} needs a role: user or assistant.`)
  if (!isText(content)) return say(place, `${place} needs content, which must be one text.`)
  // A system or developer message of the client would have the authority of the prompt.
  return roles.includes(role) ? { role, content } : { defect: 'chat-role-refused' }
}

/** Two readers could write half a surrogate pair in different ways. */
const isText = (value: unknown): value is string =>
  typeof value === 'string' && value.isWellFormed() && value.trim() !== ''
