/** What a program does with the openai library; the same for each major version. */
import {
  countParts,
  fewTokens,
  longTokens,
  messages,
  serve,
  streamedTokens,
  tool,
} from './serve.mjs'

export function serveOpenai(OpenAI) {
  const open = ({ url, key }) => new OpenAI({ baseURL: url, apiKey: key })
  const chat = (at, body) =>
    open(at).chat.completions.create(
      { model: at.model, messages, max_tokens: fewTokens, ...body },
      { signal: at.signal },
    )
  const stream = async (at, tokens) =>
    countParts(
      await chat(at, { max_tokens: tokens, stream: true }),
      at,
      ({ choices }) => choices[0]?.delta.content,
    )
  serve({
    list: async (at) => (await open(at).models.list()).data.map(({ id }) => id),
    chat: async (at) => {
      const { choices, usage } = await chat(at, {})
      return { text: choices[0].message.content, outputTokens: usage.completion_tokens }
    },
    stream: (at) => stream(at, streamedTokens),
    abort: (at) => stream(at, longTokens),
    tools: async (at) => {
      const tools = [{ type: 'function', function: tool }]
      const answer = await chat(at, { tools, tool_choice: 'required', max_tokens: 200 })
      const calls = answer.choices[0].message.tool_calls ?? []
      return calls.map(({ function: { name, arguments: input } }) => ({
        name,
        input: JSON.parse(input),
      }))
    },
    embed: async (at) => {
      const answer = await open(at).embeddings.create({ model: at.model, input: ['hello', 'you'] })
      return answer.data.map(({ embedding }) => embedding.length)
    },
  })
}
