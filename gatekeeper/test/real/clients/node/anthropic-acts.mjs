/** What a program does with the Anthropic library; the same for each major version. */
import {
  countParts,
  fewTokens,
  longTokens,
  messages,
  serve,
  streamedTokens,
  tool,
} from './serve.mjs'

export function serveAnthropic(Anthropic) {
  const open = ({ url, key }) => new Anthropic({ baseURL: url, apiKey: key })
  const send = (at, body) =>
    open(at).messages.create(
      { model: at.model, messages, max_tokens: fewTokens, ...body },
      { signal: at.signal },
    )
  const stream = async (at, tokens) =>
    countParts(await send(at, { max_tokens: tokens, stream: true }), at, ({ delta }) => delta?.text)
  serve({
    list: async (at) => (await open(at).models.list()).data.map(({ id }) => id),
    chat: async (at) => {
      const { content, usage } = await send(at, {})
      return { text: content[0].text, outputTokens: usage.output_tokens }
    },
    stream: (at) => stream(at, streamedTokens),
    abort: (at) => stream(at, longTokens),
    tools: async (at) => {
      const { name, description, parameters } = tool
      const tools = [{ name, description, input_schema: parameters }]
      const { content } = await send(at, { tools, tool_choice: { type: 'any' }, max_tokens: 200 })
      const calls = content.filter(({ type }) => type === 'tool_use')
      return calls.map(({ name: called, input }) => ({ name: called, input }))
    },
  })
}
