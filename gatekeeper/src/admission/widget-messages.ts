/** Reads what a page with the chat widget sends: messages, and what the operator lets it choose. */
import type { ChatMessage } from '../kinds/widget/forms/chat-form.ts'
import { isObject } from '../lib/json/is-object.ts'
import type { WidgetRules } from '../model/widget.ts'
import type { ChatDefect } from './chat-messages.ts'

export type PageChat = {
  readonly messages: readonly ChatMessage[]
  readonly system: string | null
  /** Null if the page names none. */
  readonly model: string | null
}

const messagesMax = 50
const modelCharsMax = 200
const members = ['messages', 'system', 'model']

/** Returns the messages, or the defect with the member that has it. */
export function readPageChat(
  value: unknown,
  rules: Pick<WidgetRules, 'allowSystem' | 'promptCharsMax'>,
): PageChat | ChatDefect {
  if (!isObject(value)) return say(null, 'The body must be a JSON object with messages.')
  const other = Object.keys(value).find((name) => !members.includes(name))
  if (other !== undefined) return say(null, `Only ${members.join(', ')} are allowed in the body.`)
  const { messages, system = null, model = null } = value
  const read = readMessages(messages)
  if ('defect' in read) return read
  if (system !== null && !rules.allowSystem) {
    return say('system', 'system: the operator of the widget does not allow a text of the page.')
  }
  if (system !== null && !isText(system)) return say('system', 'system must be a text.')
  if (model !== null && !isName(model)) return say('model', 'model must be the name of a model.')
  const chars = read.list.reduce((sum, { content }) => sum + content.length, system?.length ?? 0)
  if (rules.promptCharsMax !== null && chars > rules.promptCharsMax) {
    return tooLong(chars, rules.promptCharsMax)
  }
  return { messages: read.list, system, model }
}

function readMessages(messages: unknown): { readonly list: readonly ChatMessage[] } | ChatDefect {
  if (!Array.isArray(messages)) return say('messages', 'messages must be a list.')
  if (messages.length === 0) return say('messages', 'messages must have at least one message.')
  if (messages.length > messagesMax) {
    return say('messages', `messages may have at most ${messagesMax} messages.`)
  }
  const list = messages.map(readMessage)
  const defect = list.find((one) => 'defect' in one)
  return defect ?? { list: list as readonly ChatMessage[] }
}

function readMessage(value: unknown, index: number): ChatMessage | ChatDefect {
  const place = `messages[${index}]`
  if (!isObject(value)) return say(place, `${place} must be an object of role and content.`)
  const { role, content, ...others } = value
  if (Object.keys(others).length > 0) return say(place, `${place} may have only role and content.`)
  // A system message of a page would have the authority of the operator's prompt.
  if (role !== 'user' && role !== 'assistant') {
    return say(`${place}.role`, `${place}.role must be user or assistant.`)
  }
  if (!isText(content))
    return say(`${place}.content`, `${place}.content must be a text, not blank.`)
  return { role, content }
}

const say = (param: string | null, text: string): ChatDefect => ({
  defect: 'body-malformed',
  detail: { text, param },
})

function tooLong(chars: number, charsMax: number): ChatDefect {
  const text = `The messages have ${chars} characters together; the limit is ${charsMax}.`
  return { defect: 'prompt-too-large', detail: { text, param: 'messages' } }
}

/** Two readers could write half a surrogate pair in different ways. */
const isText = (value: unknown): value is string =>
  typeof value === 'string' && value.isWellFormed() && value.trim() !== ''

const isName = (value: unknown): value is string => isText(value) && value.length <= modelCharsMax
