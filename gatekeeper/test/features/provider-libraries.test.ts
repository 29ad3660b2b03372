/** The providers' own libraries against the native paths, and the same calls through `/proxy`. */
import type { ServerResponse } from 'node:http'
import Anthropic from '@anthropic-ai/sdk'
import { GoogleGenAI } from '@google/genai'
import { Mistral } from '@mistralai/mistralai'
import Groq from 'groq-sdk'
import OpenAI from 'openai'
import { fetch } from 'undici'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { waitUntil } from '../support/child.ts'
import { makeKey } from '../support/keys.ts'
import { type Stack, testCaddy } from '../support/stack.ts'
import {
  completion,
  json,
  type ProviderStack,
  providerNames,
  type Seen,
  startProviders,
} from './support/provider-stack.ts'

const ada = makeKey({ user: 'ada', services: [...providerNames] })
const spent = makeKey({ user: 'spent', services: [...providerNames], limits: ['1/lifetime'] })
const parameters = { type: 'object', properties: { city: { type: 'string' } } } as const
const tool = { type: 'function', function: { name: 'weather', parameters } } as const
const messages = [{ role: 'user' as const, content: 'Hello' }]

/** What each provider answers, as recorded: a call of a tool, a list, and a stream without end. */
const toolCall = {
  id: 'call_1',
  type: 'function',
  function: { name: 'weather', arguments: '{"city":"Rome"}' },
}
const openaiTool = {
  ...completion,
  choices: [
    {
      index: 0,
      finish_reason: 'tool_calls',
      message: { role: 'assistant', content: null, tool_calls: [toolCall] },
    },
  ],
}
const list = { object: 'list', data: [{ id: 'm', object: 'model', created: 1, owned_by: 'x' }] }
const vectors = {
  ...{ id: 'e', object: 'list', model: 'm', usage: { prompt_tokens: 1, total_tokens: 1 } },
  data: [{ object: 'embedding', index: 0, embedding: [1, 2] }],
}
const claudeTool = {
  ...{ id: 'msg_1', type: 'message', role: 'assistant', model: 'm', stop_reason: 'tool_use' },
  content: [{ type: 'tool_use', id: 'toolu_1', name: 'weather', input: { city: 'Rome' } }],
  usage: { input_tokens: 3, output_tokens: 1 },
}
const geminiTool = {
  candidates: [
    {
      content: {
        role: 'model',
        parts: [{ functionCall: { name: 'weather', args: { city: 'Rome' } } }],
      },
    },
  ],
  usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 1 },
}

function answerOf({ url, method, body }: Seen): object {
  if (/embed/i.test(url))
    return url.includes('v1beta')
      ? { embedding: { values: [1, 2] }, embeddings: [{ values: [1, 2] }] }
      : vectors
  if (method === 'GET') return url.includes('v1beta') ? { models: [{ name: 'models/m' }] } : list
  if (url.includes(':generateContent')) return geminiTool
  return url.endsWith('/messages') || body.includes('input_schema') ? claudeTool : openaiTool
}

const events: Readonly<Record<string, object>> = {
  openai: {
    ...completion,
    choices: [{ index: 0, delta: { content: 'Hi' }, finish_reason: null }],
  },
  claude: {
    type: 'message_start',
    message: { ...claudeTool, content: [], usage: { input_tokens: 1, output_tokens: 1 } },
  },
  gemini: { candidates: [{ content: { role: 'model', parts: [{ text: 'Hi' }] } }] },
}

describe.skipIf(testCaddy === null)('the libraries of the providers', () => {
  let running: ProviderStack
  let stack: Stack
  beforeAll(async () => {
    running = await startProviders([ada, spent])
    stack = running.stack
    // Some libraries take no fetch of their own.
    vi.stubGlobal('fetch', async (input: string | URL | Request, init: object = {}) => {
      const { dispatcher } = stack
      if (!(input instanceof Request)) return await fetch(input, { ...init, dispatcher } as never)
      const { url, method, headers, signal } = input
      const body = method === 'GET' ? null : Buffer.from(await input.arrayBuffer())
      return await fetch(url, { method, headers: [...headers], body, signal, dispatcher } as never)
    })
  })
  afterAll(async () => {
    vi.unstubAllGlobals()
    await running?.stop()
  })
  beforeEach(() => {
    running.provider.seen.length = 0
    running.provider.state.answer = (seen, response) => json(response, 200, answerOf(seen))
  })

  const at = (path: string, key: string) => ({
    ...{ apiKey: key, baseURL: `${stack.url}${path}`, maxRetries: 0 },
  })
  const google = (key: string) =>
    new GoogleGenAI({ apiKey: key, httpOptions: { baseUrl: `${stack.url}/gemini` } }).models
  const mistral = (key: string) => new Mistral({ apiKey: key, serverURL: `${stack.url}/mistral` })
  const schema = { name: 'weather', input_schema: parameters }
  const declared = { tools: [{ functionDeclarations: [{ name: 'weather' }] }] }

  /** The same calls in the words of each library. */
  const libraries = [
    {
      name: 'openai',
      event: 'openai',
      tools: (key: string) =>
        new OpenAI(at('/openai/v1', key)).chat.completions.create({
          model: 'm',
          messages,
          tools: [tool],
        }),
      list: (key: string) => new OpenAI(at('/openai/v1', key)).models.list(),
      embed: (key: string) =>
        new OpenAI(at('/openai/v1', key)).embeddings.create({ model: 'm', input: 'x' }),
      stream: (signal: AbortSignal) =>
        new OpenAI(at('/openai/v1', ada.key)).chat.completions.create(
          { model: 'm', messages, stream: true },
          { signal },
        ),
      proxied: { endpoint: '/chat/completions', model: 'm', messages, tools: [tool] },
    },
    {
      name: 'groq',
      event: 'openai',
      tools: (key: string) =>
        new Groq(at('/groq', key)).chat.completions.create({ model: 'm', messages, tools: [tool] }),
      list: (key: string) => new Groq(at('/groq', key)).models.list(),
      embed: (key: string) =>
        new Groq(at('/groq', key)).embeddings.create({ model: 'm', input: 'x' }),
      stream: (signal: AbortSignal) =>
        new Groq(at('/groq', ada.key)).chat.completions.create(
          { model: 'm', messages, stream: true },
          { signal },
        ),
      proxied: { endpoint: '/chat/completions', model: 'm', messages, tools: [tool] },
    },
    {
      name: 'mistral',
      event: 'openai',
      tools: (key: string) => mistral(key).chat.complete({ model: 'm', messages, tools: [tool] }),
      list: (key: string) => mistral(key).models.list(),
      embed: (key: string) => mistral(key).embeddings.create({ model: 'm', inputs: ['x'] }),
      stream: (signal: AbortSignal) =>
        mistral(ada.key).chat.stream({ model: 'm', messages }, { fetchOptions: { signal } }),
      proxied: { endpoint: '/chat/completions', model: 'm', messages, tools: [tool] },
    },
    {
      name: 'claude',
      event: 'claude',
      tools: (key: string) =>
        new Anthropic(at('/claude', key)).messages.create({
          ...{ model: 'm', max_tokens: 9, messages, tools: [schema] },
        }),
      list: (key: string) => new Anthropic(at('/claude', key)).models.list(),
      embed: null,
      stream: (signal: AbortSignal) =>
        new Anthropic(at('/claude', ada.key)).messages.create(
          { model: 'm', max_tokens: 9, messages, stream: true },
          { signal },
        ),
      proxied: { endpoint: '/v1/messages', model: 'm', max_tokens: 9, messages, tools: [schema] },
    },
    {
      name: 'gemini',
      event: 'gemini',
      tools: (key: string) =>
        google(key).generateContent({ model: 'm', contents: 'Hello', config: declared }),
      list: (key: string) => google(key).list(),
      embed: (key: string) => google(key).embedContent({ model: 'm', contents: 'x' }),
      stream: (abortSignal: AbortSignal) =>
        google(ada.key).generateContentStream({
          ...{ model: 'm', contents: 'Hello', config: { abortSignal } },
        }),
      proxied: { endpoint: '/models/m:generateContent', contents: [], ...declared },
    },
  ] as const

  it.each(libraries)(
    '$name: a model calls a tool, at the native path and through /proxy',
    async (one) => {
      expect(JSON.stringify(await one.tools(ada.key))).toContain('Rome')
      expect(running.provider.seen[0]?.body).toContain('weather')
      const answer = await stack.send(`/api/${one.name}/proxy`, { key: ada.key, json: one.proxied })
      expect([answer.status, answer.text.includes('Rome')]).toEqual([200, true])
      const [native, proxied] = running.provider.seen
      expect(proxied?.url).toBe(native?.url)
    },
  )

  it.each(libraries)('$name: lists models and embeds', async (one) => {
    const found: unknown[] = []
    const answer: unknown = await one.list(ada.key)
    if (typeof answer === 'object' && answer !== null && Symbol.asyncIterator in answer) {
      for await (const model of answer as AsyncIterable<unknown>) found.push(model)
    } else found.push(answer)
    expect(JSON.stringify(found)).toMatch(/"(?:models\/)?m"/)
    if (one.embed === null) return
    const vector = JSON.stringify(await one.embed(ada.key))
    expect(`${vector} ${running.provider.seen.at(-1)?.url}`).toContain('[1,2]')
  })

  it.each(libraries)('$name: a stream that its reader leaves ends at the provider', async (one) => {
    const open: ServerResponse[] = []
    running.provider.state.answer = (_, response) => {
      open.push(response)
      response.on('error', () => {})
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      const data = events[one.event] as { type?: string }
      const type = data.type === undefined ? '' : `event: ${data.type}\n`
      response.write(`${type}data: ${JSON.stringify(data)}\n\n`)
    }
    const leaving = new AbortController()
    const stream = (await one.stream(leaving.signal)) as AsyncIterable<unknown>
    let parts = 0
    const read = async () => {
      for await (const _ of stream) {
        parts++
        leaving.abort()
      }
    }
    await read().catch(() => {})
    expect(parts).toBeGreaterThan(0)
    await waitUntil(() => open[0]?.destroyed === true, {
      ...{ limitMs: 5_000, describe: stack.gatekeeper.output },
    })
  })

  it.each(libraries)(
    '$name: a wrong credential is 401, a quota that is used up 429',
    async (one) => {
      const wrong = await one.tools('wrong').catch((error: unknown) => error)
      expect(wrong).toBeInstanceOf(Error)
      expect(wrong).toMatchObject(statusOf(401))
      expect(running.provider.seen).toEqual([])
      await one.tools(spent.key).catch(() => null)
      const over = await one.tools(spent.key).catch((error: unknown) => error)
      expect(over).toMatchObject(statusOf(429))
    },
  )

  /** Mistral's library calls it otherwise. */
  const statusOf = (status: number) => ({
    asymmetricMatch: (error: { status?: number; statusCode?: number }) =>
      (error.status ?? error.statusCode) === status,
  })
})
