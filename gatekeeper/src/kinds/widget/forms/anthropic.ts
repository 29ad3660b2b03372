import { isObject } from '../../../lib/json/is-object.ts'
import { parseJson } from '../../../lib/json/parse-json.ts'
import type { ChatForm } from './chat-form.ts'

/** Without a bound there is no answer, so there is one where the operator has none. */
const outputTokensUsual = 4096

/** Messages as Anthropic defined them. */
export const anthropicForm: ChatForm = {
  compose: ({ model, system, messages, temperature, output, isStream }) => ({
    model,
    ...(system.length > 0 && { system: system.join('\n\n') }),
    messages,
    ...(temperature !== null && { temperature }),
    max_tokens: output?.tokens ?? outputTokensUsual,
    ...(isStream && { stream: true }),
  }),
  readWhole: ({ content, type }) => {
    if (type === 'error' || !Array.isArray(content)) return null
    return content
      .map((part) => (isObject(part) && typeof part['text'] === 'string' ? part['text'] : ''))
      .join('')
  },
  readEvent: (data) => {
    const value = parseJson(data)
    if (!isObject(value)) return 'unreadable'
    const { type, delta } = value
    if (type === 'error') return 'error'
    if (type === 'message_stop') return 'end'
    const text = type === 'content_block_delta' && isObject(delta) ? delta['text'] : null
    return typeof text === 'string' && text !== '' ? { text } : null
  },
}
