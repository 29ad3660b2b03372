/** What a program does with LangChain; the same for each of its model classes. */
import {
  countParts,
  fewTokens,
  longTokens,
  messages,
  serve,
  streamedTokens,
  tool,
} from './serve.mjs'

const asked = messages.map(({ role, content }) => [role, content])

/**
 * @param {{chat: (at: object, tokens: number) => object, embeddings?: (at: object) => object}} models
 * @param {{toolChoice?: string}} options
 */
export function serveLangchain({ chat, embeddings }, { toolChoice } = {}) {
  const stream = async (at, tokens) => {
    const parts = await chat(at, tokens).stream(asked, { signal: at.signal })
    return countParts(parts, at, ({ text }) => text)
  }
  serve({
    chat: async (at) => {
      const { text, usage_metadata: usage } = await chat(at, fewTokens).invoke(asked)
      return { text, outputTokens: usage?.output_tokens }
    },
    stream: (at) => stream(at, streamedTokens),
    abort: (at) => stream(at, longTokens),
    tools: async (at) => {
      const tools = [{ type: 'function', function: tool }]
      const choice = toolChoice === undefined ? {} : { tool_choice: toolChoice }
      const { tool_calls: calls } = await chat(at, 200).bindTools(tools, choice).invoke(asked)
      return calls.map(({ name, args }) => ({ name, input: args }))
    },
    embed: async (at) => {
      const vectors = await embeddings(at).embedDocuments(['hello', 'you'])
      return vectors.map(({ length }) => length)
    },
  })
}
