import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type FaultyUpstream, startFaultyUpstream } from '../../../scripts/demo/faults.ts'
import { waitUntil } from '../support/child.ts'
import { decisionsOn } from '../support/decisions.ts'
import { makeKey } from '../support/keys.ts'
import { type Answer, type Stack, startStack, testCaddy } from '../support/stack.ts'

const ada = makeKey({ services: ['ollama', 'litellm'] })
const config = `version: 1
services:
  ollama:
    kind: ollama
    slots: unlimited
    routes: [{prefix: /api}, {prefix: /v1}]
  litellm:
    kind: openai
    prices:
      "demo*": {inputUsdPerMillion: 1000, outputUsdPerMillion: 1000}
    routes: [{prefix: /litellm, strip: true}]
`
const messages = [{ role: 'user', content: 'hello you' }]
const chat = { model: 'demo', messages }

describe.skipIf(testCaddy === null)('the usage of a request', () => {
  let stack: Stack
  let upstream: FaultyUpstream
  beforeAll(async () => {
    upstream = await startFaultyUpstream({ pauseMs: 2 })
    const env = { LITELLM_URL: upstream.url }
    stack = await startStack({ keys: [ada], config, ollamaUrl: upstream.url, env })
  })
  afterEach(() => upstream.reset())
  afterAll(async () => {
    await stack?.stop()
    await upstream?.close()
  })

  const ask = (path: string, json: unknown) => stack.send(path, { key: ada.key, json })
  const straight = async (path: string, json: unknown) =>
    await (
      await fetch(`${upstream.url}${path}`, { method: 'POST', body: JSON.stringify(json) })
    ).text()
  const usedBy = async (
    answer: Pick<Answer, 'headers'>,
  ): Promise<Readonly<Record<string, unknown>>> => {
    const find = () => decisionsOn(answer, stack)[0]
    await waitUntil(() => find() !== undefined, {
      ...{ limitMs: 10_000, describe: stack.gatekeeper.output },
    })
    return find() ?? {}
  }
  /** Ids and times differ from answer to answer. */
  const plain = (text: string) => text.replace(/"(created|id|created_at)":("[^"]*"|\d+)/g, '')

  const events = { ...chat, stream: true }
  it.each<[string, string, unknown]>([
    ['/api/chat', '/api/chat', { ...chat, stream: false }],
    ['/api/chat, streamed', '/api/chat', chat],
    ['/api/generate', '/api/generate', { model: 'demo', prompt: 'hello you' }],
    ['/v1/chat/completions', '/v1/chat/completions', chat],
    ['/v1/chat/completions, streamed', '/v1/chat/completions', events],
    [
      '/v1/completions, streamed',
      '/v1/completions',
      { model: 'demo', prompt: 'hello you', stream: true },
    ],
    ['/v1/messages', '/v1/messages', { ...chat, max_tokens: 100 }],
    ['/v1/messages, streamed', '/v1/messages', { ...events, max_tokens: 100 }],
  ])("is the provider's own count: %s", async (_name, path, json) => {
    const used = await usedBy(await ask(path, json))
    expect(used['inputTokens']).toBeGreaterThan(0)
    expect(used['outputTokens']).toBeGreaterThan(10)
    expect(used['isEstimated']).toBeUndefined()
    expect(used['microUsd']).toBe(0)
  })

  it.each(['/v1/chat/completions', '/v1/completions'])(
    'is requested in streams, and hidden again, byte for byte: %s',
    async (path) => {
      const json =
        path === '/v1/completions' ? { model: 'demo', prompt: 'x', stream: true } : events
      const expected = await straight(path, json)
      upstream.reset()
      const answer = await ask(path, json)
      const sent = JSON.parse(upstream.received[0]?.body.toString() ?? '{}')
      expect(sent.stream_options).toEqual({ include_usage: true })
      expect(plain(answer.text)).toBe(plain(expected))
      expect(answer.text).not.toContain('prompt_tokens')
    },
  )

  it('is shown to a client that asks for it', async () => {
    const json = { ...events, stream_options: { include_usage: true } }
    const answer = await ask('/v1/chat/completions', json)
    expect(plain(answer.text)).toBe(plain(await straight('/v1/chat/completions', json)))
    expect(answer.text).toContain('prompt_tokens')
  })

  it('keeps the other stream options of a client', async () => {
    upstream.behave({ echo: true })
    const stream_options = { include_usage: false, include_obfuscation: false }
    const answer = await ask('/v1/chat/completions', { ...events, stream_options })
    const body = Buffer.from(JSON.parse(answer.text).body, 'base64').toString()
    expect(JSON.parse(body).stream_options).toEqual({
      ...{ include_usage: true, include_obfuscation: false },
    })
  })

  it.each([
    ['/api/chat', chat],
    ['/v1/chat/completions', events],
    ['/v1/messages', { ...events, max_tokens: 100 }],
  ])('is the received part of a stream that the client left: %s', async (path, json) => {
    upstream.behave({ haltAfterParts: 8 })
    const left = new AbortController()
    const answer = await stack.dispatcher.request({
      ...{ origin: stack.url, path, method: 'POST', body: JSON.stringify(json) },
      headers: { 'content-type': 'application/json', authorization: `Bearer ${ada.key}` },
      signal: left.signal,
    })
    let text = ''
    for await (const chunk of answer.body) {
      text += chunk
      if (text.split('\n').filter((line) => line.includes('{')).length >= 8) break
    }
    left.abort()
    const used = await usedBy(answer as unknown as Answer)
    expect(used).toMatchObject({ ended: 'aborted', isEstimated: true })
    expect(used['inputTokens']).toBeGreaterThan(0)
    expect(used['outputTokens']).toBeGreaterThanOrEqual(5)
    expect(used['outputTokens']).toBeLessThanOrEqual(9)
  })

  it('is estimated when the upstream does not report it', async () => {
    upstream.behave({ status: 200, body: 'x'.repeat(400) })
    const used = await usedBy(await ask('/v1/chat/completions', chat))
    expect(used).toMatchObject({ outputTokens: 100, isEstimated: true })
  })

  it('is zero when the upstream refuses', async () => {
    upstream.behave({ status: 500, body: '{"error":"x"}' })
    const used = await usedBy(await ask('/api/chat', chat))
    expect(used).toMatchObject({ inputTokens: 0, outputTokens: 0, status: 500 })
    expect(used['isEstimated']).toBeUndefined()
  })

  it('is not counted when nothing is used', async () => {
    const used = await usedBy(await stack.send('/api/tags', { key: ada.key }))
    expect(used).not.toHaveProperty('inputTokens')
  })

  it('has the price that the operator set for the model', async () => {
    const used = await usedBy(await ask('/litellm/v1/chat/completions', chat))
    const tokens = Number(used['inputTokens']) + Number(used['outputTokens'])
    expect(used['microUsd']).toBe(tokens * 1_000)
  })
})
