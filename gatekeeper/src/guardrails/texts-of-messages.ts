import { isObject } from '../lib/json/is-object.ts'
import type { TextAt } from './judge-texts.ts'

/**
 * Returns the texts of chat messages as OpenAI's, Anthropic's and Ollama's clients write them: contents
 * that are texts or lists of parts, and the arguments and results of tools. Other members have none.
 */
export function textsOfMessages(messages: readonly unknown[]): TextAt[] {
  return messages.flatMap((message, at) => {
    const path = `messages[${at}]`
    if (typeof message === 'string') return [{ path, text: message }]
    if (!isObject(message)) return []
    return [
      ...textsOfContent(message['content'], `${path}.content`),
      ...textsOfCalls(message['tool_calls'], `${path}.tool_calls`),
    ]
  })
}

function textsOfContent(content: unknown, path: string): TextAt[] {
  if (typeof content === 'string') return [{ path, text: content }]
  if (!Array.isArray(content)) return []
  return content.flatMap((part: unknown, at) => {
    if (typeof part === 'string') return [{ path: `${path}[${at}]`, text: part }]
    return isObject(part) ? textsOfPart(part, `${path}[${at}]`) : []
  })
}

/** A part has a text, or is the use or the result of a tool. */
function textsOfPart(part: Readonly<Record<string, unknown>>, path: string): TextAt[] {
  const { text, input, content } = part
  return [
    ...(typeof text === 'string' ? [{ path: `${path}.text`, text }] : []),
    ...textsWithin(input, `${path}.input`),
    ...textsOfContent(content, `${path}.content`),
  ]
}

function textsOfCalls(calls: unknown, path: string): TextAt[] {
  if (!Array.isArray(calls)) return []
  return calls.flatMap((call: unknown, at) => {
    const asked = isObject(call) ? call['function'] : null
    if (!isObject(asked)) return []
    return textsWithin(asked['arguments'], `${path}[${at}].function.arguments`)
  })
}

const depthMax = 32

/** Every text within a value: arguments come as JSON texts, or as objects. */
function textsWithin(value: unknown, path: string, depth = 0): TextAt[] {
  if (typeof value === 'string') return [{ path, text: value }]
  if (typeof value !== 'object' || value === null || depth === depthMax) return []
  return Object.entries(value).flatMap(([name, member]) => {
    const step = Array.isArray(value) ? `[${name}]` : `.${name}`
    return textsWithin(member, `${path}${step}`, depth + 1)
  })
}
