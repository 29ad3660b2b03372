/** The bridge in front of the real LiteLLM, which answers in the forms of two providers. */
import Anthropic from '@anthropic-ai/sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { litellm, mockAnswer } from './parts/litellm.ts'
import type { Running } from './parts/part.ts'
import { type EntryPoint, messages } from './support/entry-point.ts'
import { type Gateway, openGateway, secretsOf } from './support/gateway.ts'
import { createOpenai } from './support/openai-client.ts'
import { areAvailable } from './support/provision.ts'

const isAvailable = await areAvailable(litellm)
const masterKey = 'sk-master-0123456789abcdef'
const model = 'mock'
const idle = () => () => Promise.resolve(true)

describe.skipIf(!isAvailable)('LiteLLM as a provider', { timeout: 120_000 }, () => {
  let server: Running
  let gateway: Gateway
  beforeAll(async () => {
    server = await litellm.start({ masterKey, models: {} })
    gateway = await openGateway(server, ['openai', 'claude'], (url) => ({
      env: {
        ...{ OPENAI_BASE_URL: `${url}/v1`, OPENAI_API_KEY: masterKey },
        ...{ CLAUDE_BASE_URL: `${url}/v1`, CLAUDE_API_KEY: masterKey },
      },
    }))
  }, 240_000)
  afterAll(async () => {
    await gateway?.stop()
    await server?.stop()
  })

  const openai: EntryPoint = {
    ...{ name: 'openai', gateway: () => gateway, path: '/openai/v1', point: 'relay', model },
    ...{ watchServer: idle, restsWithinMs: { streamed: 60_000, unstreamed: 60_000 } },
  }
  const send = (json: object, path = '/api/openai/proxy') =>
    gateway.stack.send(path, { key: gateway.people.ada.key, json })

  it('the openai library lists, chats and streams at /openai/v1', async () => {
    const client = createOpenai(openai, gateway.people.ada.key)
    expect((await client.models.list()).data.map(({ id }) => id)).toContain(model)
    const answer = await client.chat.completions.create({ model, messages })
    expect(answer.choices[0]?.message.content).toBe(mockAnswer)
    expect(answer.usage?.completion_tokens).toBeGreaterThan(0)
    let text = ''
    const stream = await client.chat.completions.create({ model, messages, stream: true })
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? ''
    expect(text).toBe(mockAnswer)
  })

  it('the anthropic library chats at /claude', async () => {
    const client = new Anthropic({
      ...{ baseURL: `${gateway.stack.url}/claude`, apiKey: null, logLevel: 'off' },
      ...{ authToken: gateway.people.ada.key, fetch: gateway.fetch },
    })
    const asked = { model, messages: [{ role: 'user' as const, content: 'Hi' }], max_tokens: 20 }
    // LiteLLM does not stream its mock in this form.
    expect((await client.messages.create(asked)).content).toMatchObject([{ text: mockAnswer }])
  })

  it('/proxy gives the same answers, and /openai/v1 counts with it', async () => {
    const whole = await send({ endpoint: '/chat/completions', model, messages })
    expect([whole.status, whole.text]).toEqual([200, expect.stringContaining(mockAnswer)])
    const streamed = await send({ endpoint: '/v1/chat/completions', model, messages, stream: true })
    expect(streamed.headers['content-type']).toMatch(/^text\/event-stream/)
    const claude = await send({ model, messages, max_tokens: 20 }, '/api/claude')
    expect([claude.status, claude.text]).toEqual([200, expect.stringContaining(mockAnswer)])
  })

  it('its administration is reached by neither way', async () => {
    for (const path of ['/key/generate', '/user/new', '/config/yaml', '/spend/logs']) {
      const answers = [await send({ endpoint: path }), await send({}, `/openai/v1${path}`)]
      expect(answers.map(({ status }) => status)).toEqual([403, 404])
      expect(gateway.tap.sent()).not.toContain(path)
    }
  })

  it('it got its own key, and neither a key of ours nor who called', () => {
    const sent = gateway.tap.sent()
    expect(sent).toContain(`authorization: Bearer ${masterKey}`)
    expect(sent).toContain(`x-api-key: ${masterKey}`)
    for (const secret of secretsOf(gateway)) expect(sent.includes(secret)).toBe(false)
    expect(sent).not.toMatch(/gk_[0-9a-z]{10}_|x-gatekeeper/i)
  })
})
