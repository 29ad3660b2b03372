/** What a program does with the AI SDK; the same for each of its providers. */
import { embedMany, generateText, jsonSchema, streamText, tool as toolOf } from 'ai'
import {
  countParts,
  fewTokens,
  longTokens,
  messages,
  serve,
  streamedTokens,
  tool,
} from './serve.mjs'

const { name, description, parameters } = tool
const tools = { [name]: toolOf({ description, inputSchema: jsonSchema(parameters) }) }

/** @param {{chat: (at: object) => unknown, embedding?: (at: object) => unknown}} models */
export function serveAiSdk(models, providerOptions = () => ({})) {
  const request = (at, tokens) => ({
    ...{ model: models.chat(at), messages, maxOutputTokens: tokens },
    abortSignal: at.signal,
    providerOptions: providerOptions(tokens),
  })
  const stream = async (at, tokens) => {
    // What fails is a part of the stream, and written to the console unless there is an onError.
    const { fullStream } = streamText({ ...request(at, tokens), onError: () => {} })
    return countParts(fullStream, at, (part) => {
      if (part.type === 'error') throw part.error
      if (part.type === 'abort') throw new DOMException('aborted', 'AbortError')
      return part.type === 'text-delta' || part.type === 'reasoning-delta' ? part.text : ''
    })
  }
  serve({
    chat: async (at) => {
      const { text, usage } = await generateText(request(at, fewTokens))
      return { text, outputTokens: usage.outputTokens }
    },
    stream: (at) => stream(at, streamedTokens),
    abort: (at) => stream(at, longTokens),
    tools: async (at) => {
      const asked = { ...request(at, 200), tools, toolChoice: 'required' }
      const { toolCalls } = await generateText(asked)
      return toolCalls.map(({ toolName, input }) => ({ name: toolName, input }))
    },
    embed: async (at) => {
      const answer = await embedMany({ model: models.embedding(at), values: ['hello', 'you'] })
      return answer.embeddings.map(({ length }) => length)
    },
  })
}
