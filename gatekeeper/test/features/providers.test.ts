import Anthropic from '@anthropic-ai/sdk'
import { GoogleGenAI } from '@google/genai'
import { Mistral } from '@mistralai/mistralai'
import Groq from 'groq-sdk'
import OpenAI from 'openai'
import { fetch } from 'undici'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { providers } from '../../src/kinds/providers/providers.ts'
import type { Reason } from '../../src/model/reason.ts'
import { waitUntil } from '../support/child.ts'
import { makeKey } from '../support/keys.ts'
import { type Stack, testCaddy } from '../support/stack.ts'
import {
  basePathOf,
  completion,
  json,
  type Provider,
  type ProviderStack,
  providerNames,
  secretOf,
  startProviders,
} from './support/provider-stack.ts'

const names = [...providerNames]
const ada = makeKey({ user: 'ada', services: [...names, 'acme'] })
const eve = makeKey({ user: 'eve', services: ['openai'] })
const tom = makeKey({ user: 'tom', services: names, limits: ['1m-tokens/day'] })
const fay = makeKey({ user: 'fay', services: names, models: ['gemini-2.5-flash'] })
const cat = makeKey({ user: 'cat', services: names, limits: ['100-output-tokens'] })
const liz = makeKey({ user: 'liz', services: names, limits: ['100usd/month'] })
const bob = makeKey({ user: 'bob', services: ['ollama'] })
/** Fields in which a provider reveals the account. */
const accountFields = {
  'openai-organization': 'org-secret',
  'openai-project': 'proj_secret',
  'anthropic-organization-id': 'org-secret',
  'x-ratelimit-remaining-tokens': '149984',
  'anthropic-ratelimit-requests-remaining': '4',
  'set-cookie': '__cf_bm=1',
  'cf-ray': 'x',
  server: 'cloudflare',
}

describe.skipIf(testCaddy === null)('providers', () => {
  let stack: Stack
  let provider: Provider
  let running: ProviderStack
  beforeAll(async () => {
    running = await startProviders([ada, eve, tom, fay, cat, liz, bob])
    stack = running.stack
    provider = running.provider
  })
  afterAll(() => running?.stop())
  beforeEach(() => {
    provider.seen.length = 0
    provider.state.answer = (_, response) => json(response, 200, completion, accountFields)
  })
  const clientOptions = (path: string, key = ada.key) => ({
    apiKey: key,
    baseURL: `${stack.url}${path}`,
    maxRetries: 0,
    fetch: fetch as unknown as typeof globalThis.fetch,
    fetchOptions: { dispatcher: stack.dispatcher } as object,
  })

  it('the library of OpenAI chats through /openai/v1 with a key of ours', async () => {
    const client = new OpenAI(clientOptions('/openai/v1'))
    const answer = await client.chat.completions.create({
      model: 'gpt-4o-mini',
      messages: [{ role: 'user', content: 'Hello' }],
    })
    expect(answer.choices[0]?.message.content).toBe('Hi')
    expect(provider.seen[0]).toMatchObject({ method: 'POST', url: '/v1/chat/completions' })
    expect(provider.seen[0]?.headers.authorization).toBe(`Bearer ${secretOf('openai')}`)
  })

  it('the library of Anthropic chats through /claude, and its version field is kept', async () => {
    provider.state.answer = (_, response) =>
      json(response, 200, {
        ...{ id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-x' },
        ...{ content: [{ type: 'text', text: 'Hi' }], stop_reason: 'end_turn' },
        usage: { input_tokens: 3, output_tokens: 1 },
      })
    const client = new Anthropic(clientOptions('/claude'))
    const answer = await client.messages.create({
      model: 'claude-x',
      max_tokens: 16,
      messages: [{ role: 'user', content: 'Hello' }],
    })
    expect(answer.content[0]).toMatchObject({ text: 'Hi' })
    const [seen] = provider.seen
    expect(seen?.url).toBe('/v1/messages')
    expect(seen?.headers).toMatchObject({ 'x-api-key': secretOf('claude') })
    expect(seen?.headers['anthropic-version']).toMatch(/^\d{4}-/)
    await stack.send('/claude/v1/messages', { key: ada.key, json: { model: 'm', messages: [] } })
    expect(provider.seen[1]?.headers['anthropic-version']).toBe('2023-06-01')
  })

  /** The libraries that take no fetch of their own use the global one. */
  const useOwnFetch = () =>
    vi.stubGlobal('fetch', async (input: string | URL | Request, init: object = {}) => {
      const { dispatcher } = stack
      if (!(input instanceof Request)) return await fetch(input, { ...init, dispatcher } as never)
      const { url, method, headers } = input
      const body = method === 'GET' ? null : Buffer.from(await input.arrayBuffer())
      return await fetch(url, { method, headers: [...headers], body, dispatcher } as never)
    })
  afterEach(() => void vi.unstubAllGlobals())

  it('the library of Google generates through /gemini, whole and streamed', async () => {
    const part = {
      candidates: [{ content: { role: 'model', parts: [{ text: 'Hi' }] }, finishReason: 'STOP' }],
      usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 1, thoughtsTokenCount: 2 },
    }
    provider.state.answer = ({ url }, response) => {
      if (!url.includes(':streamGenerateContent')) return json(response, 200, part)
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.end(`data: ${JSON.stringify(part)}\r\n\r\n`.repeat(2))
    }
    useOwnFetch()
    const httpOptions = { baseUrl: `${stack.url}/gemini` }
    const { models } = new GoogleGenAI({ apiKey: ada.key, httpOptions })
    const question = { model: 'gemini-2.5-flash', contents: 'Hello' }
    expect((await models.generateContent(question)).text).toBe('Hi')
    let text = ''
    for await (const one of await models.generateContentStream(question)) text += one.text ?? ''
    expect(text).toBe('HiHi')
    const [whole, streamed] = provider.seen.map(({ url }) => url)
    expect([whole, streamed]).toEqual([
      '/v1beta/models/gemini-2.5-flash:generateContent',
      '/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse',
    ])
    expect(provider.seen[0]?.headers['x-goog-api-key']).toBe(secretOf('gemini'))
    const beta = { baseUrl: `${stack.url}/gemini`, apiVersion: 'v1beta' }
    const older = new GoogleGenAI({ apiKey: ada.key, httpOptions: beta })
    expect((await older.models.generateContent(question)).text).toBe('Hi')
    await expect(
      new GoogleGenAI({ apiKey: 'wrong', httpOptions }).models.generateContent(question),
    ).rejects.toThrow(/401/)
  })

  it('the library of Groq chats through /groq', async () => {
    useOwnFetch()
    const groq = new Groq({ apiKey: ada.key, baseURL: `${stack.url}/groq`, maxRetries: 0 })
    const answer = await groq.chat.completions.create({
      model: 'llama-3.3-70b-versatile',
      messages: [{ role: 'user', content: 'Hello' }],
    })
    expect(answer.choices[0]?.message.content).toBe('Hi')
    expect(provider.seen[0]?.url).toBe('/openai/v1/chat/completions')
  })

  it('the library of Mistral chats through /mistral', async () => {
    useOwnFetch()
    const mistral = new Mistral({ apiKey: ada.key, serverURL: `${stack.url}/mistral` })
    const answer = await mistral.chat.complete({
      model: 'mistral-small-latest',
      messages: [{ role: 'user', content: 'Hello' }],
    })
    expect(answer.choices?.[0]?.message?.content).toBe('Hi')
    expect(provider.seen[0]?.url).toBe('/v1/chat/completions')
  })

  it.each(
    names
      .filter((name) => name !== 'xai')
      .map((name) => ({ name, rules: providers.find((kind) => kind.name === name)?.provider })),
  )(
    '$name gets its own key in its own field, and nothing about the caller',
    async ({ name, rules }) => {
      const path = basePathOf(name)
      const chat =
        { claude: '/messages', gemini: '/models/m:generateContent' }[name] ?? '/chat/completions'
      const answer = await stack.send(`/${name}${path}${chat}`, {
        json: { model: 'm', messages: [], contents: [] },
        headers: {
          'x-api-key': ada.key,
          authorization: `Bearer ${ada.key}`,
          'openai-organization': 'org-mine',
          'openai-project': 'proj_mine',
          'x-goog-user-project': 'mine',
          cookie: 'a=b',
        },
      })
      expect(answer.status).toBe(200)
      const [seen] = provider.seen
      expect(seen?.url).toBe(`${path}${chat}`)
      const field = rules?.keyField ?? ''
      const shown = field === 'authorization' ? `Bearer ${secretOf(name)}` : secretOf(name)
      expect(seen?.headers[field]).toBe(shown)
      const others = ['authorization', 'x-api-key', 'x-goog-api-key'].filter((one) => one !== field)
      for (const other of [
        ...others,
        'cookie',
        'openai-organization',
        'openai-project',
        'x-goog-user-project',
      ]) {
        expect(seen?.headers[other]).toBeUndefined()
      }
      const sent = JSON.stringify(seen?.headers)
      expect(sent).not.toContain(ada.key)
      expect(sent).not.toMatch(/x-gatekeeper|x-forwarded|ada/i)
    },
  )

  it('reveal nothing about the account to the caller', async () => {
    const answer = await stack.send('/openai/v1/chat/completions', {
      key: ada.key,
      json: { model: 'm', messages: [] },
    })
    expect(answer.status).toBe(200)
    const text = JSON.stringify(answer.headers)
    expect(text).not.toMatch(/org-secret|proj_secret|149984|__cf_bm|cloudflare|cf-ray/)
  })

  it('one of your own needs an address and the name of a known provider, and no code', async () => {
    const answer = await stack.send('/acme/v9/chat/completions', {
      key: ada.key,
      json: { model: 'm', messages: [] },
    })
    // It has no key.
    expect(answer.status).toBe(503)
    expect(JSON.parse(answer.text)).toMatchObject({ error: { code: 'service_not_available' } })
  })

  it('a provider without a key is 503, with its name and the time of a retry', async () => {
    const answer = await stack.send('/xai/v1/models', { key: ada.key })
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '30'])
    expect(answer.text).toContain('xai')
    expect(provider.seen).toEqual([])
  })

  /** What the same key opens at the providers, and spellings of what is listed. */
  const unlisted = [
    ...['/files', '/files/file_1/content', '/organization/users', '/organizations/me', '/batches'],
    ...['/organization/admin_api_keys', '/organization/usage/completions', '/admin/keys', '/keys'],
    ...[
      '/fine_tuning/jobs',
      '/fine_tuning/checkpoints/x/permissions',
      '/vector_stores',
      '/uploads',
    ],
    ...[
      '/vector_stores/vs_1/search',
      '/containers',
      '/containers/c/files',
      '/assistants',
      '/evals',
    ],
    ...['/threads', '/threads/t/messages', '/webhook_endpoints', '/agents', '/environments'],
    ...['/vaults', '/connectors', '/workflows', '/libraries', '/cachedContents', '/tunedModels'],
    ...['/conversations', '/realtime', '/realtime/sessions', '/responses/resp_1', '/credits'],
    ...['/responses/resp_1/cancel', '/messages/batches', '/skills', '/service-accounts', '/videos'],
    ...['/observability', '/corpora', '/fileSearchStores', '/ephemeral_tokens', '/generation'],
    ...['/projects', '/audit_logs', '/invites', '/certificates', '/account', '/deployments'],
    ...['/Chat/completions', '/chat/completions/', '/chat/completions/chatcmpl_1', '/chat'],
    ...[
      '/models/m/permissions',
      '/models/m/versions',
      '/proxy',
      '/endpoints',
      '/engines/m/completions',
    ],
  ]
  it.each(names)(
    '%s: what is not listed is refused at both ways, and is not sent',
    async (name) => {
      expect(unlisted.length).toBeGreaterThan(50)
      for (const endpoint of unlisted) {
        const path = `/${name}${basePathOf(name)}${endpoint}`
        for (const method of ['GET', 'POST', 'DELETE']) {
          const { status } = await stack.send(path, { method, key: ada.key })
          expect([method, path, status]).toEqual([method, path, 404])
        }
        const json = { endpoint, model: 'm', messages: [] }
        const posted = await stack.send(`/api/${name}/proxy`, { key: ada.key, json })
        const got = await stack.send(`/api/${name}/proxy?endpoint=${endpoint}`, { key: ada.key })
        expect([endpoint, posted.status, got.status]).toEqual([endpoint, 403, 403])
      }
      expect(provider.seen).toEqual([])
    },
  )

  it.each([
    ['a key without the service', () => ({ key: bob.key }), 403],
    ['no key', () => ({}), 401],
    ['a key of the provider', () => ({ key: secretOf('openai') }), 401],
  ])('%s is refused', async (_, credential, status) => {
    const answer = await stack.send('/openai/v1/models', credential())
    expect(answer.status).toBe(status)
    expect(provider.seen).toEqual([])
  })

  const queries = [
    ...[
      'key',
      'KEY',
      'api_key',
      'access_token',
      '%6bey',
      'oauth_token',
      '$userProject',
      'quotaUser',
    ],
    ...['$apiKey', '$key', 'x-goog-api-key', 'bearer_token', '$httpMethod', 'fields', '$fields'],
    ...['callback', '$alt', 'alt', 'model'],
  ]
  it.each(queries)('the query field %s is refused, and nothing is sent on', async (name) => {
    const path = `/gemini/v1beta/models?pageSize=1&${name}=somebody-elses`
    const answer = await stack.send(path, { key: ada.key })
    expect(answer.status).toBe(400)
    expect(answer.text).not.toContain('somebody-elses')
    expect(provider.seen).toEqual([])
  })

  it('pages of lists are sent on', async () => {
    await stack.send('/gemini/v1beta/models?pageSize=1&pageToken=x', { key: ada.key })
    expect(provider.seen[0]?.url).toBe('/v1beta/models?pageSize=1&pageToken=x')
  })

  it('only a few fields of a request are sent on', async () => {
    const headers = Object.fromEntries(
      [
        ...[
          'x-openwebui-user-email',
          'from',
          'baggage',
          'x-auth-token',
          'x-access-token',
          'x-user',
        ],
        ...['x-amz-security-token', 'cf-access-jwt-assertion', 'helicone-auth', 'traceparent'],
        ...['x-goog-fieldmask', 'x-goog-quota-user', 'x-goog-iam-authorization-token', 'x-own'],
        ...['anthropic-workspace-id', 'openai-organization', 'referer', 'x-forwarded-for'],
      ].map((name) => [name, 'about-the-caller']),
    )
    await stack.send('/openai/v1/chat/completions', {
      key: ada.key,
      json: { model: 'm', messages: [] },
      headers: { ...headers, 'openai-beta': 'assistants=v2', 'x-stainless-lang': 'js' },
    })
    const [seen] = provider.seen
    expect(JSON.stringify(seen?.headers)).not.toContain('about-the-caller')
    expect(seen?.headers).toMatchObject({
      'openai-beta': 'assistants=v2',
      'x-stainless-lang': 'js',
    })
  })

  it('the answer to a path without the version names the correct path', async () => {
    const answer = await stack.send('/openai/chat/completions', {
      key: ada.key,
      json: { model: 'm', messages: [] },
    })
    expect(answer.status).toBe(404)
    expect(answer.text).toContain('/openai/v1')
  })

  it.each([401, 403])("a provider's %s is a 502 that says whose key it was", async (status) => {
    provider.state.answer = (_, response) =>
      json(response, status, {
        error: { message: 'Incorrect API key sk-proj-1***9 of org-secret' },
      })
    const answer = await stack.send('/openai/v1/chat/completions', {
      key: ada.key,
      json: { model: 'm', messages: [] },
    })
    expect(answer.status).toBe(502)
    expect(answer.text).toMatch(/upstream_rejected_us|upstream_provider_refused/)
    expect(answer.text).not.toMatch(/sk-proj|org-secret/)
  })

  it("a provider's 429 keeps its code and Retry-After, in our words", async () => {
    provider.state.answer = (_, response) =>
      json(
        response,
        429,
        { error: { message: 'You of org-secret exceeded your quota', code: 'insufficient_quota' } },
        { 'retry-after': '7' },
      )
    const answer = await stack.send('/openai/v1/chat/completions', {
      key: ada.key,
      json: { model: 'm', messages: [] },
    })
    expect([answer.status, answer.headers['retry-after']]).toEqual([429, '7'])
    expect(JSON.parse(answer.text)).toMatchObject({ error: { code: 'insufficient_quota' } })
    expect(answer.text).not.toContain('org-secret')
  })

  it.each([
    [402, { error: { message: 'You of org-secret can only afford 1234' } }],
    [400, { error: { type: 'invalid_request_error', message: 'Your credit balance is too low' } }],
    [404, { error: { message: 'The project proj_secret has no access' } }],
    [400, { error: { message: `Unknown: ${secretOf('openai')}` } }],
    [422, { detail: [{ msg: 'wrong', input: { authorization: secretOf('openai') } }] }],
    [400, { error: { message: 'The API key sk-org-secret-1***9 may not do this' } }],
    [500, { error: { message: 'org-secret: internal' } }],
    [529, { error: { type: 'overloaded_error', message: 'Overloaded for org-secret' } }],
  ])('the text of a %s about the account does not reach the caller', async (status, body) => {
    provider.state.answer = (_, response) => json(response, status, body)
    const answer = await stack.send('/openai/v1/chat/completions', {
      key: ada.key,
      json: { model: 'm', messages: [] },
    })
    expect(answer.status).toBe(status)
    expect(answer.text).not.toMatch(/org-secret|proj_secret|credit balance|afford|account-key/)
    expect(JSON.parse(answer.text).error.message).toContain('openai')
  })

  it('a 404 for a list of models does not say that a model is missing', async () => {
    const error = { message: 'Unknown endpoint for model lists: not found' }
    provider.state.answer = (_, response) => json(response, 404, { error })
    const answer = await stack.send('/openai/v1/models', { key: ada.key })
    expect([answer.status, JSON.parse(answer.text).error.message]).toEqual([404, error.message])
  })

  it('the text of a 400 about the request reaches the caller', async () => {
    const message = "Invalid type for 'messages[0].content'."
    provider.state.answer = (_, response) => json(response, 400, { error: { message } })
    const answer = await stack.send('/openai/v1/chat/completions', {
      key: ada.key,
      json: { model: 'm', messages: [] },
    })
    expect([answer.status, JSON.parse(answer.text).error.message]).toEqual([400, message])
  })

  it('a 400 about our key is a 502', async () => {
    const details = [{ reason: 'API_KEY_INVALID', metadata: { consumer: 'projects/1' } }]
    const error = { code: 400, message: 'API key not valid.', status: 'INVALID_ARGUMENT', details }
    provider.state.answer = (_, response) => json(response, 400, { error })
    const answer = await stack.send('/gemini/v1beta/models/m:generateContent', {
      key: ada.key,
      json: { contents: [] },
    })
    expect(answer.status).toBe(502)
    expect(answer.text).not.toContain('projects/1')
  })

  it.each([
    [{ error: { message: 'org-secret is out of quota', code: 'insufficient_quota' } }],
    [{ error: 'org-secret is out of quota' }],
    [{ choices: [{ index: 0, error: { message: 'org-secret', code: 502 }, delta: {} }] }],
    [{ type: 'response.failed', response: { error: { message: 'org-secret', code: 'x' } } }],
    [{ type: 'error', error: { type: 'overloaded_error', message: 'org-secret' } }],
    [{ type: 'error', code: 'server_error', message: 'org-secret', param: null }],
    [{ object: 'error', message: 'org-secret', type: 'invalid', code: 'about org-secret' }],
  ])('an error within a stream loses its text: %j', async (event) => {
    provider.state.answer = (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write('event: x\ndata: {"choices":[{"delta":{"content":"a \\"error\\" b"}}]}\n\n')
      response.end(`event: error\ndata: ${JSON.stringify(event)}\n\n`)
    }
    const answer = await stack.send('/openai/v1/chat/completions', {
      key: ada.key,
      json: { model: 'm', messages: [], stream: true },
    })
    expect(answer.text).toContain('a \\"error\\" b')
    expect(answer.text).not.toContain('org-secret')
    expect(answer.text).toMatch(/event: error\ndata: \{.*The provider openai ended its answer/)
  })

  it('a redirect is an error, and is not followed', async () => {
    provider.state.answer = (_, response) =>
      void response.writeHead(307, { location: 'https://example.com/' }).end()
    const answer = await stack.send('/openai/v1/models', { key: ada.key })
    expect(answer.status).toBe(502)
    expect(JSON.stringify(answer)).not.toContain('example.com')
    expect(provider.seen).toHaveLength(1)
  })

  it('an idempotency key of one caller cannot fetch the answer of another', async () => {
    for (const { key } of [ada, eve, ada]) {
      await stack.send('/openai/v1/chat/completions', {
        key,
        json: { model: 'm', messages: [] },
        headers: { 'idempotency-key': 'order-1' },
      })
    }
    const [first, second, again] = provider.seen.map(({ headers }) => headers['idempotency-key'])
    expect(first).toMatch(/^[\w-]{43}$/)
    expect(second).not.toBe(first)
    expect(again).toBe(first)
  })

  it('a stream passes as it arrives, and its usage is recorded', async () => {
    provider.state.answer = (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      const send = (event: object) => response.write(`data: ${JSON.stringify(event)}\n\n`)
      send({ model: 'gpt-4o-mini', choices: [{ index: 0, delta: { content: 'Hi' } }] })
      send({ model: 'gpt-4o-mini', choices: [], usage: { prompt_tokens: 9, completion_tokens: 4 } })
      response.end('data: [DONE]\n\n')
    }
    const client = new OpenAI(clientOptions('/openai/v1'))
    const stream = await client.chat.completions.create({
      model: 'gpt-4o-mini',
      messages: [{ role: 'user', content: 'Hello' }],
      stream: true,
    })
    let text = ''
    for await (const part of stream) text += part.choices[0]?.delta.content ?? ''
    expect(text).toBe('Hi')
    expect(JSON.parse(provider.seen[0]?.body ?? '')).toMatchObject({
      stream_options: { include_usage: true },
    })
  })

  const usage = { prompt_tokens: 9, completion_tokens: 4 }
  const streamed = [
    {
      name: 'openai',
      path: '/openai/v1/chat/completions',
      isAsked: true,
      events: [{ choices: [{ delta: { content: 'Hi' } }] }, { choices: [], usage }],
    },
    {
      name: 'groq',
      path: '/groq/openai/v1/chat/completions',
      isAsked: false,
      events: [{ choices: [{ delta: { content: 'Hi' } }], x_groq: { id: 'req_1', usage } }],
    },
    {
      name: 'mistral',
      path: '/mistral/v1/chat/completions',
      isAsked: false,
      events: [{ choices: [{ delta: { content: 'Hi' }, finish_reason: 'stop' }], usage }],
    },
    {
      name: 'gemini',
      path: '/gemini/v1beta/models/m:streamGenerateContent?alt=sse',
      isAsked: false,
      events: [
        { usageMetadata: { promptTokenCount: 9, thoughtsTokenCount: 1 } },
        // The last one counts; thoughts count as output.
        { usageMetadata: { promptTokenCount: 9, candidatesTokenCount: 1, thoughtsTokenCount: 3 } },
      ],
    },
    {
      name: 'claude',
      path: '/claude/v1/messages',
      isAsked: false,
      events: [
        {
          type: 'message_start',
          message: { usage: { input_tokens: 2, cache_read_input_tokens: 7, output_tokens: 1 } },
        },
        { type: 'message_delta', usage: { output_tokens: 4 } },
        { type: 'message_stop' },
      ],
    },
  ]

  it.each(streamed)('the stream of $name is charged its reported usage', async (one) => {
    provider.state.answer = (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      const data = one.events.map((event) => `data: ${JSON.stringify(event)}\n\n`)
      response.end(data.join(''))
    }
    const usedBefore = await tokensOf(tom.key)
    const json = { model: 'm', messages: [], contents: [], stream: true, max_tokens: 5 }
    const answer = await stack.send(one.path, { key: tom.key, json })
    expect(answer.status).toBe(200)
    expect(provider.seen[0]?.body.includes('stream_options')).toBe(one.isAsked)
    expect((await tokensOf(tom.key)) - usedBefore).toBe(13)
  })
  const tokensOf = async (key: string) =>
    JSON.parse((await stack.send('/status', { key })).text).limits[0].used

  it('a key that is limited to models uses and lists these alone at Gemini', async () => {
    const models = ['gemini-2.5-flash', 'gemini-2.5-pro'].map((name) => ({
      name: `models/${name}`,
    }))
    provider.state.answer = (_, response) => json(response, 200, { models })
    const list = await stack.send('/gemini/v1beta/models', { key: fay.key })
    expect(JSON.parse(list.text).models).toEqual([{ name: 'models/gemini-2.5-flash' }])
    const generate = (model: string, body: object) =>
      stack.send(`/gemini/v1beta/models/${model}:generateContent`, { key: fay.key, json: body })
    expect((await generate('gemini-2.5-flash', { contents: [] })).status).toBe(200)
    for (const [model, body] of [
      ['gemini-2.5-pro', {}],
      ['gemini-2.5-flash', { model: 'gemini-2.5-pro' }],
      ['gemini-2.5-flash', { model: 'models/gemini-2.5-pro' }],
    ] as const) {
      expect((await generate(model, { contents: [], ...body })).status).toBe(404)
    }
  })

  it.each([
    [{ generationConfig: { maxOutputTokens: 101 } }, 100],
    [{ generationConfig: { max_output_tokens: 101 } }, 100],
    [{ generation_config: { maxOutputTokens: 101 } }, 100],
    [{ generation_config: { max_output_tokens: 101 } }, 100],
    [{ generationConfig: { maxOutputTokens: 60, candidateCount: 2 } }, 50],
    [{ generation_config: { max_output_tokens: 60, candidate_count: 2 } }, 50],
    [{ generationConfig: { candidateCount: 4 } }, 25],
    [
      { generationConfig: { maxOutputTokens: 5 }, generation_config: { max_output_tokens: 900 } },
      100,
    ],
  ])('a cap of output holds for Gemini in every spelling: %j', async (config, most) => {
    const path = '/gemini/v1beta/models/m:generateContent'
    const answer = await stack.send(path, { key: cat.key, json: { contents: [], ...config } })
    expect(answer.status).toBe(200)
    const sent = provider.seen[0]?.body.matchAll(/max_?output_?tokens": ?(\d+)/gi) ?? []
    const bounds = [...sent].map(([, bound]) => Number(bound))
    expect(bounds.length).toBeGreaterThan(0)
    expect(Math.max(...bounds)).toBe(most)
  })

  const money = async (key: string) =>
    JSON.parse((await stack.send('/status', { key })).text).limits[0].used

  it.each([
    ['/gemini/v1beta/openai/chat/completions', 'models/gemini-2.5-pro'],
    ['/openrouter/api/v1/chat/completions', 'anthropic/claude-opus-4:nitro'],
    ['/openai/v1/chat/completions', 'gpt-4o-mini'],
  ])('a limit of money counts at %s for %s', async (path, model) => {
    provider.state.answer = (_, response) => json(response, 200, { ...completion, model })
    const before = await money(liz.key)
    const answer = await stack.send(path, { key: liz.key, json: { model, messages: [] } })
    expect(answer.status).toBe(200)
    expect(await money(liz.key)).toBeGreaterThan(before)
  })

  const priceUnknown: Reason = 'price-unknown'
  it.each([
    ['/openrouter/api/v1/chat/completions', 'nobody/knows-this'],
    ['/openai/v1/chat/completions', 'gpt-of-tomorrow'],
    ['/mistral/v1/agents/completions', undefined],
  ])('a model without a price is refused at %s if money is limited', async (path, model) => {
    const body = { model, messages: [] }
    const answer = await stack.send(path, { key: liz.key, json: body })
    const code = priceUnknown.replace('-', '_')
    expect([answer.status, JSON.parse(answer.text).error.code]).toEqual([403, code])
    expect((await stack.send(path, { key: ada.key, json: body })).status).toBe(200)
  })

  it('a fallback model is charged at the highest price', async () => {
    const usage = { prompt_tokens: 10_000, completion_tokens: 1_000 }
    provider.state.answer = (_, response) =>
      json(response, 200, { ...completion, usage, model: 'anthropic/claude-opus-4' })
    const before = await money(liz.key)
    const models = ['anthropic/claude-opus-4']
    await stack.send('/openrouter/api/v1/chat/completions', {
      key: liz.key,
      json: { model: 'openai/gpt-4o-mini', models, messages: [] },
    })
    expect((await money(liz.key)) - before).toBeGreaterThan(100_000)
  })

  it('a stream that is cut before its usage stays charged as it was reserved', async () => {
    provider.state.answer = (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write('data: {"choices":[{"delta":{"content":"Hi"}}]}\n\n')
      setTimeout(() => response.destroy(), 50)
    }
    const before = await tokensOf(tom.key)
    const body = { model: 'm', messages: [], stream: true, max_tokens: 1500 }
    await stack.send('/openai/v1/chat/completions', { key: tom.key, json: body }).catch(() => null)
    await waitUntil(async () => (await tokensOf(tom.key)) - before >= 1500, {
      ...{ limitMs: 5_000, describe: stack.gatekeeper.output },
    })
  })

  it('a long stream that is cut before its usage costs what arrived', async () => {
    provider.state.answer = (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write('data: {"choices":[{"delta":{"content":"Hi"}}]}\n\n'.repeat(3000))
      setTimeout(() => response.destroy(), 50)
    }
    const before = await tokensOf(tom.key)
    const body = { model: 'm', messages: [], stream: true }
    await stack.send('/openai/v1/chat/completions', { key: tom.key, json: body }).catch(() => null)
    await waitUntil(async () => (await tokensOf(tom.key)) - before >= 3000, {
      ...{ limitMs: 5_000, describe: stack.gatekeeper.output },
    })
  })

  it('a cap of output holds for all prompts of a list together', async () => {
    const prompt = Array.from({ length: 50 }, () => 'Hello')
    await stack.send('/openai/v1/completions', { key: cat.key, json: { model: 'm', prompt } })
    expect(JSON.parse(provider.seen[0]?.body ?? '{}').max_tokens).toBe(2)
  })

  const refused: [string, string, object][] = [
    ['openai', '/responses', { tools: [{ type: 'file_search', vector_store_ids: ['vs_1'] }] }],
    ['openai', '/responses', { prompt: { id: 'pmpt_1', variables: {} } }],
    ['openai', '/responses', { tools: [{ type: 'code_interpreter', container: 'cntr_1' }] }],
    [
      'openai',
      '/responses',
      { tools: [{ type: 'code_interpreter', container: { type: 'auto', file_ids: ['file_1'] } }] },
    ],
    ['openai', '/responses', { input: [{ content: [{ type: 'input_file', file_id: 'file_1' }] }] }],
    [
      'openai',
      '/chat/completions',
      { messages: [{ role: 'assistant', audio: { id: 'audio_1' } }] },
    ],
    [
      'openai',
      '/chat/completions',
      { messages: [{ content: [{ type: 'file', file: { file_id: 'f' } }] }] },
    ],
    ['openai', '/audio/speech', { input: 'x', voice: { id: 'voice_1' } }],
    ['claude', '/messages', { container: 'container_1', messages: [] }],
    ['claude', '/messages', { container: { id: 'container_1' }, messages: [] }],
    ['claude', '/messages', { container: { skills: [{ skill_id: 's' }] }, messages: [] }],
    [
      'claude',
      '/messages',
      { messages: [{ content: [{ type: 'document', source: { type: 'file', file_id: 'f' } }] }] },
    ],
    ['gemini', '/models/m:generateContent', { cachedContent: 'cachedContents/1', contents: [] }],
    ['gemini', '/models/m:generateContent', { cached_content: 'cachedContents/1', contents: [] }],
    [
      'gemini',
      '/models/m:generateContent',
      {
        contents: [
          {
            parts: [
              { fileData: { fileUri: 'https://generativelanguage.googleapis.com/v1beta/files/1' } },
            ],
          },
        ],
      },
    ],
    ['gemini', '/models/m:generateContent', { contents: [{ fileData: { file_uri: 'gs://b/f' } }] }],
    [
      'gemini',
      '/models/m:generateContent',
      { contents: [], tools: [{ fileSearch: { fileSearchStoreNames: ['fileSearchStores/1'] } }] },
    ],
    ['mistral', '/ocr', { document: { type: 'file', file_id: 'f' } }],
    ['openrouter', '/chat/completions', { preset: 'mine', messages: [] }],
    ['openrouter', '/chat/completions', { plugins: [{ id: 'web' }], messages: [] }],
    ['groq', '/chat/completions', { compound_custom: { models: {} }, messages: [] }],
  ]
  it.each(refused)('%s%s refuses an object of the account: %j', async (name, path, body) => {
    const json = { model: 'm', ...body }
    const native = await stack.send(`/${name}${basePathOf(name)}${path}`, { key: ada.key, json })
    const answer = JSON.parse(native.text)
    expect([native.status, answer.error.code]).toEqual([
      400,
      name === 'gemini' ? 400 : 'body_field_refused',
    ])
    expect(answer.error.message).toMatch(/may not be set by callers/)
    const endpoint = { endpoint: path, ...json }
    const proxied = await stack.send(`/api/${name}/proxy`, { key: ada.key, json: endpoint })
    expect([proxied.status, JSON.parse(proxied.text).error]).toEqual([400, 'Validation Error'])
    expect(provider.seen).toEqual([])
  })

  it('a model of OpenRouter cannot be a preset of the account', async () => {
    for (const model of ['@preset/mine', 'openai/gpt-4o@preset/mine']) {
      const json = { model, messages: [] }
      const answer = await stack.send('/openrouter/api/v1/chat/completions', { key: ada.key, json })
      expect(answer.status).toBe(404)
    }
    expect(provider.seen).toEqual([])
  })

  it('names of a caller’s own are not members of the provider', async () => {
    const schema = { type: 'object', properties: { file_id: { type: 'string', title: 'f' } } }
    for (const [path, json] of [
      [
        '/openai/v1/chat/completions',
        {
          messages: [{ role: 'user', content: 'file_id' }],
          tools: [{ type: 'function', function: { name: 'f', parameters: schema } }],
          response_format: { type: 'json_schema', json_schema: { name: 's', schema } },
          metadata: { file_id: 'mine' },
        },
      ],
      [
        '/openai/v1/responses',
        { tools: [{ type: 'code_interpreter', container: { type: 'auto' } }] },
      ],
      [
        '/claude/v1/messages',
        { messages: [{ content: [{ type: 'tool_use', id: 'x', input: { file_id: 'mine' } }] }] },
      ],
      [
        '/gemini/v1beta/models/m:generateContent',
        { contents: [{ parts: [{ fileData: { fileUri: 'https://www.youtube.com/watch?v=1' } }] }] },
      ],
    ] as const) {
      const answer = await stack.send(path, { key: ada.key, json: { model: 'm', ...json } })
      expect([path, answer.status]).toEqual([path, 200])
    }
  })

  it('an upload cannot name a file of the account', async () => {
    const boundary = 'b'
    const field = (name: string, value: string) =>
      `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`
    const answer = await stack.send('/mistral/v1/audio/transcriptions', {
      ...{ method: 'POST', key: ada.key },
      headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
      body: `${field('model', 'm')}${field('file_id', 'file_1')}--${boundary}--\r\n`,
    })
    expect([answer.status, JSON.parse(answer.text).error.code]).toEqual([400, 'body_field_refused'])
  })

  it('the log names the reason: provider-without-key', async () => {
    await stack.send('/xai/v1/models', { key: ada.key })
    await waitUntil(() => stack.gatekeeper.output().includes(reason), {
      ...{ limitMs: 5_000, describe: stack.gatekeeper.output },
    })
  })
  const reason: Reason = 'provider-without-key'

  it('no file, log line or answer has a key of an account', async () => {
    const answer = await stack.send('/status', { key: ada.key })
    const written = answer.text + stack.gatekeeper.output() + stack.caddy.output()
    for (const name of names) expect(written).not.toContain(secretOf(name))
  })
})
