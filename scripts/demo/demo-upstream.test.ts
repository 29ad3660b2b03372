import Anthropic from '@anthropic-ai/sdk'
import { Ollama } from 'ollama'
import OpenAI from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { demoModel, demoText } from './demo-model.ts'
import { type DemoUpstream, startDemoUpstream } from './demo-upstream.ts'

let demo: DemoUpstream
beforeAll(async () => {
  demo = await startDemoUpstream({ pauseMs: 2 })
})
afterAll(async () => {
  await demo.close()
})
beforeEach(() => demo.reset())

const messages = [{ role: 'user' as const, content: 'who are you' }]
const model = demoModel

async function collect<Part>(parts: AsyncIterable<Part>, read: (part: Part) => string | undefined) {
  const texts: string[] = []
  for await (const part of parts) texts.push(read(part) ?? '')
  return texts.filter((text) => text !== '')
}

const post = (path: string, value: unknown) =>
  fetch(`${demo.url}${path}`, { method: 'POST', body: JSON.stringify(value) })

describe('the ollama client', () => {
  const client = () => new Ollama({ host: demo.url })

  it('lists, shows and finds the model running', async () => {
    expect((await client().list()).models.map(({ name }) => name)).toEqual([model])
    expect((await client().ps()).models.map(({ name }) => name)).toEqual([model])
    expect((await client().show({ model })).capabilities).toEqual(['completion'])
    expect((await client().version()).version).toMatch(/demo/)
  })

  it('chats, whole and streamed, and the text says that it is a demonstration', async () => {
    const whole = await client().chat({ model, messages })
    expect(whole).toMatchObject({ done: true, prompt_eval_count: 4 })
    expect(whole.message.content).toBe(demoText)
    const parts = await collect(
      await client().chat({ model: 'demo', messages, stream: true }),
      (part) => part.message.content,
    )
    expect(parts.length).toBeGreaterThan(10)
    expect(parts.join('')).toMatch(/demonstration, not a model/)
  })

  it('generates, and counts what it generated', async () => {
    const whole = await client().generate({ model, prompt: 'a b', options: { num_predict: 3 } })
    expect(whole).toMatchObject({ response: 'This is a ', eval_count: 3, done_reason: 'length' })
    const stream = await client().generate({ model, prompt: 'a', stream: true })
    expect((await collect(stream, (part) => part.response)).join('')).toBe(demoText)
  })

  it('embeds: the same text to the same vector of length one', async () => {
    const { embeddings } = await client().embed({ model, input: ['a', 'a', 'b'] })
    expect(embeddings[0]).toEqual(embeddings[1])
    expect(embeddings[0]).not.toEqual(embeddings[2])
    expect(Math.hypot(...(embeddings[0] as number[]))).toBeCloseTo(1)
  })

  it('gets an error that it can read for an unknown model', async () => {
    await expect(client().chat({ model: 'llama9', messages })).rejects.toMatchObject({
      status_code: 404,
      error: "model 'llama9' not found",
    })
  })
})

describe('the openai client', () => {
  const client = () => new OpenAI({ baseURL: `${demo.url}/v1`, apiKey: 'any', maxRetries: 0 })

  it('lists and retrieves the model', async () => {
    expect((await client().models.list()).data.map(({ id }) => id)).toEqual([model])
    expect(await client().models.retrieve(model)).toMatchObject({ id: model, object: 'model' })
    await expect(client().models.retrieve('gpt-9')).rejects.toMatchObject({ status: 404 })
  })

  it('chats, whole and streamed, with usage only if it asks for it', async () => {
    const whole = await client().chat.completions.create({ model, messages })
    expect(whole.choices[0]?.message.content).toBe(demoText)
    expect(whole.usage?.total_tokens).toBe(4 + (whole.usage?.completion_tokens ?? 0))
    const ask = { model, messages, stream: true } as const
    const usages: unknown[] = []
    const stream = await client().chat.completions.create({
      ...ask,
      stream_options: { include_usage: true },
    })
    const texts = await collect(stream, (chunk) => {
      if (chunk.usage) usages.push(chunk.usage)
      return chunk.choices[0]?.delta.content ?? undefined
    })
    expect(texts.join('')).toBe(demoText)
    expect(usages).toEqual([whole.usage])
    const plain = await (await post('/v1/chat/completions', ask)).text()
    expect(plain).toMatch(/data: \[DONE\]\n\n$/)
    expect(plain).not.toContain('"usage"')
  })

  it('completes text', async () => {
    const whole = await client().completions.create({ model, prompt: 'x', max_tokens: 2 })
    expect(whole.choices[0]).toMatchObject({ text: 'This is ', finish_reason: 'length' })
    const stream = await client().completions.create({ model, prompt: 'x', stream: true })
    expect((await collect(stream, (chunk) => chunk.choices[0]?.text)).join('')).toBe(demoText)
  })
})

describe('the anthropic client', () => {
  const client = () => new Anthropic({ baseURL: demo.url, apiKey: 'any', maxRetries: 0 })
  const ask = { model, messages, max_tokens: 100 }

  it('gets a message, whole and streamed', async () => {
    const whole = await client().messages.create(ask)
    expect(whole.content).toEqual([{ type: 'text', text: demoText }])
    const streamed = await client().messages.stream(ask).finalMessage()
    expect(streamed.content).toMatchObject(whole.content)
    expect(streamed.usage.output_tokens).toBe(whole.usage.output_tokens)
    expect(streamed.stop_reason).toBe('end_turn')
  })

  it('gets an error that it can read for an unknown model', async () => {
    const asking = client().messages.create({ ...ask, model: 'x' })
    await expect(asking).rejects.toMatchObject({ status: 404, type: 'not_found_error' })
  })
})

describe('the demonstration', () => {
  it('streams with real pauses: the first part is there long before the last', async () => {
    const slow = await startDemoUpstream({ pauseMs: 20 })
    const startedAt = performance.now()
    const body = JSON.stringify({ model, prompt: 'x', options: { num_predict: 10 } })
    const response = await fetch(`${slow.url}/api/generate`, { method: 'POST', body })
    const arrivals: number[] = []
    for await (const _part of response.body ?? []) arrivals.push(performance.now() - startedAt)
    await slow.close()
    expect(arrivals.length).toBeGreaterThan(5)
    expect((arrivals.at(-1) ?? 0) - (arrivals[0] ?? 0)).toBeGreaterThan(150)
  })

  it('counts every request and keeps what it received', async () => {
    await post('/api/generate?x=1', { model: 'none' })
    await fetch(`${demo.url}/nowhere`, { headers: { 'X-One': 'a' } })
    expect(demo.requests).toBe(2)
    expect(demo.received.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'POST /api/generate?x=1',
      'GET /nowhere',
    ])
    expect(demo.received[0]?.body.toString()).toBe('{"model":"none"}')
    expect(demo.received[1]?.headers['x-one']).toEqual(['a'])
    demo.reset()
    expect(demo.requests).toBe(0)
    expect(demo.received).toEqual([])
  })

  it('notices that a client went away, and stops', async () => {
    const abort = new AbortController()
    const body = JSON.stringify({ model, prompt: 'x' })
    const url = `${demo.url}/api/generate`
    const response = await fetch(url, { method: 'POST', body, signal: abort.signal })
    await response.body?.getReader().read()
    abort.abort()
    await vi.waitFor(() => expect(demo.aborted).toBe(1))
    expect(demo.received[0]?.isAborted).toBe(true)
  })

  it('remembers no more than it was told to', async () => {
    const small = await startDemoUpstream({ keepMax: 2 })
    for (const path of ['/a', '/b', '/c']) await fetch(small.url + path)
    expect(small.requests).toBe(3)
    expect(small.received.map(({ url }) => url)).toEqual(['/b', '/c'])
    await small.close()
  })

  it.each(['/api/unknown', '/v1/models/a/b', '/v1/models/%ff', '/__proto__', '/toString'])(
    'answers 404 as Ollama does on %s',
    async (path) => {
      const response = await fetch(demo.url + path)
      expect(response.status).toBe(404)
      expect(await response.text()).toBe('404 page not found')
    },
  )

  it.each(['{', '"text"', '', '[1'])('answers 400 to the body %j', async (body) => {
    const response = await fetch(`${demo.url}/api/chat`, { method: 'POST', body })
    expect(response.status).toBe(400)
    expect(await response.json()).toHaveProperty('error')
  })

  it('says at its root that it is a demonstration, to HEAD without a body', async () => {
    expect(await (await fetch(demo.url)).text()).toMatch(/not a model/)
    expect((await fetch(demo.url, { method: 'HEAD' })).status).toBe(200)
  })

  it('listens on loopback only', () => {
    expect(demo.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
  })
})
