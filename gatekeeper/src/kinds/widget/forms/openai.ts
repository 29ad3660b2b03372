import { isObject } from '../../../lib/json/is-object.ts'
import { parseJson } from '../../../lib/json/parse-json.ts'
import { type ChatForm, firstOf } from './chat-form.ts'

/** Chat completions as OpenAI defined them, which Ollama, LiteLLM and most providers have too. */
export const openaiForm: ChatForm = {
  compose: ({ model, system, messages, temperature, output, isStream }) => ({
    model,
    messages: [...system.map((content) => ({ role: 'system', content })), ...messages],
    ...(temperature !== null && { temperature }),
    ...(output !== null && { [output.member]: output.tokens }),
    ...(isStream && { stream: true }),
  }),
  readWhole: ({ choices, error = null }) => {
    const { message } = firstOf(choices) ?? {}
    if (error !== null || !isObject(message)) return null
    return textOf(message)
  },
  readEvent: (data) => {
    if (data.trim() === '[DONE]') return 'end'
    const value = parseJson(data)
    if (!isObject(value)) return 'unreadable'
    const { choices, error = null } = value
    if (error !== null || !Array.isArray(choices)) return 'error'
    const { delta } = firstOf(choices) ?? {}
    const text = isObject(delta) ? textOf(delta) : null
    return text ? { text } : null
  },
}

/** A model that refuses says so in a member of its own. */
function textOf({ content, refusal }: Readonly<Record<string, unknown>>): string | null {
  if (typeof content === 'string') return content
  return typeof refusal === 'string' ? refusal : null
}
