import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createApiKey } from '../../src/api-keys/api-key.ts'
import { litellm, mockAnswer } from './parts/litellm.ts'
import { llamaServer } from './parts/llama-server.ts'
import type { Running } from './parts/part.ts'
import { itServesAnthropicClients } from './support/anthropic-client.ts'
import { itChargesTexts } from './support/charges.ts'
import { type EntryPoint, fewTokens, messages } from './support/entry-point.ts'
import { type Gateway, openGateway } from './support/gateway.ts'
import { isLlamaIdle } from './support/llama-metrics.ts'
import { itKeepsCredentials } from './support/no-leaks.ts'
import {
  createOpenai,
  itEmbedsForOpenaiClients,
  itServesOpenaiClients,
} from './support/openai-client.ts'
import { areAvailable } from './support/provision.ts'

const isAvailable = await areAvailable(llamaServer, litellm)
// Asked with no gate between, it took up to 1.4 s to tell the llama-server behind it; and that one
// computes an answer that is not streamed to its end.
const restsWithinMs = { streamed: 60_000, unstreamed: 60_000 }
const masterKey = 'sk-master-0123456789abcdef'
const providerKey = 'sk-provider-0123456789abcdef'
const outdatedKey = 'sk-outdated-0123456789abcdef'

const asked = { messages, max_tokens: fewTokens }

describe.skipIf(!isAvailable)('LiteLLM behind the shipped gate', { timeout: 120_000 }, () => {
  let model: Running
  let server: Running
  let gateway: Gateway
  beforeAll(async () => {
    model = await llamaServer.start({ apiKey: providerKey })
    const place = { apiBase: `${model.url}/v1`, model: 'tiny' }
    const tiny = { ...place, apiKey: providerKey }
    const refused = { ...place, apiKey: outdatedKey }
    server = await litellm.start({ masterKey, models: { tiny, refused, turned: refused } })
    gateway = await openGateway(server, 'litellm', (url) => ({
      env: { LITELLM_URL: url, LITELLM_MASTER_KEY: masterKey },
    }))
  }, 240_000)
  afterAll(async () => {
    await gateway?.stop()
    await server?.stop()
    await model?.stop()
  })

  const openai: EntryPoint = {
    name: 'openai',
    gateway: () => gateway,
    ...{ path: '/litellm/v1', point: 'relay', model: 'tiny' },
    watchServer: () => () => isLlamaIdle(model, providerKey),
    restsWithinMs,
  }
  itServesOpenaiClients(openai)
  itEmbedsForOpenaiClients(openai)
  itServesAnthropicClients({ ...openai, path: '/litellm' })

  it('a client that omits /v1 is served as well', async () => {
    const client = createOpenai({ ...openai, path: '/litellm' }, gateway.people.ada.key)
    const answer = await client.chat.completions.create({ model: 'mock', messages })
    expect(answer.choices[0]?.message.content).toBe(mockAnswer)
  })

  it.each(['/key/generate', '/key/info', '/user/new', '/config/yaml', '/spend/logs', '/ui/'])(
    'administration does not exist, even for a valid key: %s',
    async (path) => {
      const { stack, people, tap } = gateway
      for (const method of ['GET', 'POST']) {
        const answer = await stack.send(`/litellm${path}`, { method, key: people.ada.key })
        expect(answer.status).toBe(404)
      }
      expect(tap.sent()).not.toContain(` ${path} HTTP/1.1`)
    },
  )

  it.each(['api_base', 'mock_response', 'user_config', 'fallbacks', 'num_retries'])(
    'a body may not change its upstream: %s',
    async (member) => {
      const { stack, people } = gateway
      const json = { model: 'tiny', messages, [member]: 'http://127.0.0.1:1' }
      const answer = await stack.send('/litellm/v1/chat/completions', { key: people.ada.key, json })
      expect(answer.status).toBe(400)
    },
  )

  // A model for each path: LiteLLM rests one that was refused, and answers 429 for a while.
  it.each([
    ['/litellm/v1/chat/completions', 'refused'],
    ['/litellm/v1/messages', 'turned'],
  ])("a provider that refuses LiteLLM's key is a 502 that says so: %s", async (path, name) => {
    const { stack, people } = gateway
    const ask = () => stack.send(path, { key: people.ada.key, json: { ...asked, model: name } })
    const answer = await ask()
    expect(answer.status, answer.text).toBe(502)
    expect(JSON.parse(answer.text).error.code).toBe('upstream_provider_refused')
    expect(answer.headers['x-should-retry']).toBe('false')
    for (const { text } of [answer, await ask()]) {
      expect(text).not.toMatch(/outdated|127\.0\.0\.1/)
    }
  })

  // Without a database LiteLLM still looks up a wrong key in one, and its 400 is forwarded.
  it.each([
    ['no master key', {}, 502, 'upstream_rejected_us'],
    ['a wrong one', { LITELLM_MASTER_KEY: outdatedKey }, 400, 'No connected db'],
  ])('the gatekeeper has %s for LiteLLM: the answer', async (_, env, status, said) => {
    const describeTo = (url: string) => ({ env: { LITELLM_URL: url, ...env } })
    const other = await openGateway(server, 'litellm', describeTo)
    try {
      const { stack, people } = other
      const json = { ...asked, model: 'tiny' }
      const answer = await stack.send('/litellm/v1/chat/completions', { key: people.ada.key, json })
      expect(answer.status, answer.text).toBe(status)
      expect(answer.text).toContain(said)
    } finally {
      await other.stop()
    }
  })

  describe('the API of Gemini', () => {
    const json = {
      contents: [{ role: 'user', parts: [{ text: 'hello you' }] }],
      generationConfig: { maxOutputTokens: fewTokens },
    }
    const ask = (key: string, name: string) =>
      gateway.stack.send(`/litellm/v1beta/models/${name}`, {
        ...{ headers: { 'x-goog-api-key': key }, json },
      })

    it('a text is generated, whole and as a stream', async () => {
      const { ada } = gateway.people
      for (const act of ['generateContent', 'streamGenerateContent?alt=sse']) {
        const answer = await ask(ada.key, `tiny:${act}`)
        expect(answer.status, answer.text).toBe(200)
        expect(answer.text).toContain('"candidates"')
      }
    })

    it('every refusal has the form of Google', async () => {
      const { stranger, limited } = gateway.people
      for (const [key, code, status] of [
        [createApiKey().key, 401, 'UNAUTHENTICATED'],
        [stranger.key, 403, 'PERMISSION_DENIED'],
        [limited.key, 404, 'NOT_FOUND'],
      ] as const) {
        const answer = await ask(key, 'tiny:generateContent')
        expect(answer.status).toBe(code)
        expect(JSON.parse(answer.text).error).toMatchObject({ code, status })
      }
    })
  })

  itKeepsCredentials(openai, { listPath: '/models', serverKey: masterKey })
  itChargesTexts(() => gateway)
})
