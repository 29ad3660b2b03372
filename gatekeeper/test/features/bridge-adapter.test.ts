import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { providers } from '../../src/kinds/providers/providers.ts'
import type { Reason } from '../../src/model/reason.ts'
import { waitUntil } from '../support/child.ts'
import { makeKey } from '../support/keys.ts'
import { type SendOptions, type Stack, testCaddy } from '../support/stack.ts'
import {
  basePathOf,
  completion,
  json,
  type Provider,
  type ProviderStack,
  providerNames,
  secretOf,
  startProviders,
  withoutKey,
} from './support/provider-stack.ts'

const services = [...providerNames, 'acme']
const ada = makeKey({ user: 'ada', services })
const reader = makeKey({ user: 'rea', services, role: 'readonly' })
const eve = makeKey({ user: 'eve', services: ['openai', 'ollama'] })
const tom = makeKey({ user: 'tom', services, limits: ['1m-tokens/day', '100/day'] })
const fay = makeKey({ user: 'fay', services, models: ['gpt-4o-mini', 'gemini-2.5-flash'] })
const few = makeKey({ user: 'few', services, limits: ['1/day'] })
const chat = { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hello' }] }

describe.skipIf(testCaddy === null)('the bridge at /api/PROVIDER', () => {
  let running: ProviderStack
  let stack: Stack
  let provider: Provider
  beforeAll(async () => {
    running = await startProviders([ada, reader, eve, tom, fay, few])
    stack = running.stack
    provider = running.provider
  })
  afterAll(() => running?.stop())
  beforeEach(() => {
    provider.seen.length = 0
    provider.state.answer = (_, response) => json(response, 200, completion)
  })
  const send = async (path: string, options: SendOptions = {}) => {
    const answer = await stack.send(path, { key: ada.key, ...options })
    return { ...answer, body: answer.text === '' ? null : JSON.parse(answer.text) }
  }
  const proxy = (api: string, body: unknown, options: SendOptions = {}) =>
    send(`/api/${api}/proxy`, { json: body, ...options })

  describe('a call', () => {
    it('of /proxy is the call that the body names, without the members that are for us', async () => {
      const own = { endpoint: '/chat/completions', apiKey: 'a', token: 'b', password: 'c' }
      const nested = { metadata: { token: 'kept', password: 'kept' } }
      const answer = await proxy('openai', { ...own, ...chat, ...nested })
      expect([answer.status, answer.body]).toEqual([200, completion])
      const [seen] = provider.seen
      expect(seen).toMatchObject({ method: 'POST', url: '/v1/chat/completions' })
      expect(JSON.parse(seen?.body ?? '')).toEqual({ ...chat, ...nested })
      expect(seen?.headers.authorization).toBe(`Bearer ${secretOf('openai')}`)
      expect(JSON.stringify(seen?.headers)).not.toContain(ada.key)
    })

    it.each([
      ['openai', '/v1/chat/completions'],
      ['groq', '/openai/v1/chat/completions'],
      ['groq', '/v1/chat/completions'],
      ['openrouter', '/api/v1/chat/completions'],
      ['mistral', '/v1/fim/completions'],
      ['claude', '/v1/messages'],
      ['gemini', '/v1beta/models/m:generateContent'],
      ['gemini', '/v1/models/m:generateContent'],
      ['gemini', '/v1beta/openai/chat/completions'],
      ['perplexity', '/chat/completions'],
    ])('of %s with the version in the endpoint (%s) is the same call', async (api, endpoint) => {
      const answer = await proxy(api, { endpoint, model: 'm', messages: [], contents: [] })
      expect(answer.status).toBe(200)
      const plain = endpoint.replace(/^\/(?:openai\/v1|api\/v1|v1beta|v1)(?=\/)/, '')
      expect(provider.seen.map(({ url }) => url)).toEqual([`${basePathOf(api)}${plain}`])
    })

    it.each(
      providers.map(({ name }) => name).filter((name) => name !== withoutKey && name !== 'gemini'),
    )('of /api/%s without an endpoint is the chat of the provider', async (name) => {
      expect((await send(`/api/${name}`, { json: chat })).status).toBe(200)
      const path = name === 'claude' ? '/messages' : '/chat/completions'
      expect(provider.seen[0]?.url).toBe(basePathOf(name) + path)
      expect(JSON.parse(provider.seen[0]?.body ?? '')).toEqual(chat)
    })

    it('of /api/gemini has the model in the path, whole and streamed', async () => {
      const contents = [{ parts: [{ text: 'Hello' }] }]
      const model = 'gemini-2.5-flash'
      const calls: [object, SendOptions['headers']][] = [
        [{ model, contents }, {}],
        [{ model: `models/${model}`, contents, stream: false }, {}],
        [{ model, contents, stream: true }, {}],
        [{ model, contents }, { accept: 'text/event-stream' }],
      ]
      for (const [body, headers = {}] of calls) {
        expect((await send('/api/gemini', { json: body, headers })).status).toBe(200)
      }
      const [whole, streamed] = [
        `/v1beta/models/${model}:generateContent`,
        `/v1beta/models/${model}:streamGenerateContent?alt=sse`,
      ]
      expect(provider.seen.map(({ url }) => url)).toEqual([whole, whole, streamed, streamed])
      for (const { body } of provider.seen) expect(JSON.parse(body)).toEqual({ contents })
    })

    it('of /api/PROVIDER with an endpoint is /proxy', async () => {
      await send('/api/openai', { json: { endpoint: '/embeddings', model: 'm', input: 'x' } })
      expect(provider.seen[0]).toMatchObject({ url: '/v1/embeddings' })
    })

    it('by GET has the endpoint in the query, and passes on the fields of lists', async () => {
      const list = { object: 'list', data: [{ id: 'gpt-4o-mini' }, { id: 'gpt-4' }] }
      provider.state.answer = (_, response) => json(response, 200, list)
      const answer = await send('/api/openai/proxy?limit=5&endpoint=%2Fmodels&after=x')
      expect([answer.status, answer.body]).toEqual([200, list])
      expect(provider.seen[0]).toMatchObject({ method: 'GET', url: '/v1/models?limit=5&after=x' })
      const few = await send('/api/openai/proxy?endpoint=/v1/models', { key: fay.key })
      expect(few.body.data).toEqual([{ id: 'gpt-4o-mini' }])
    })

    it.each([
      [{ stream: true }, {}],
      [{}, { accept: 'text/event-stream' }],
    ])('streams: %j %j', async (member, headers) => {
      provider.state.answer = ({ body }, response) => {
        if (JSON.parse(body).stream !== true) return json(response, 200, completion)
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        response.write('data: {"choices":[{"delta":{"content":"Hi"}}]}\n\n')
        setTimeout(() => response.end('data: [DONE]\n\n'), 20)
      }
      const body = { endpoint: '/chat/completions', ...chat, ...member }
      const answer = await stack.send('/api/openai/proxy', { key: ada.key, json: body, headers })
      expect(answer.headers['content-type']).toBe('text/event-stream')
      expect(answer.text).toMatch(/"Hi".*\n\ndata: \[DONE\]\n\n$/s)
    })

    it('keeps status, type and body of the provider’s answer', async () => {
      const message = "Invalid type for 'messages[0].content'."
      provider.state.answer = (_, response) => json(response, 422, { error: { message } })
      const answer = await proxy('openai', { endpoint: '/chat/completions', ...chat })
      expect([answer.status, answer.body]).toEqual([422, { error: { message } }])
      provider.state.answer = (_, response) =>
        void response.writeHead(200, { 'content-type': 'audio/mpeg' }).end('sound')
      const speech = { endpoint: '/audio/speech', model: 'tts-1', input: 'x', voice: 'alloy' }
      const sound = await stack.send('/api/openai/proxy', { key: ada.key, json: speech })
      expect([sound.headers['content-type'], sound.text]).toEqual(['audio/mpeg', 'sound'])
    })

    it('has a field for a retry of one caller, and not of another', async () => {
      for (const { key } of [ada, tom, ada]) {
        const body = { endpoint: '/chat/completions', ...chat }
        await proxy('openai', body, { key, headers: { 'idempotency-key': 'order-1' } })
      }
      const [one, other, again] = provider.seen.map(({ headers }) => headers['idempotency-key'])
      expect(one).toMatch(/^[\w-]{43}$/)
      expect([other === one, again === one]).toEqual([false, true])
    })
  })

  describe('an endpoint that is', () => {
    it.each<unknown>([
      ...['/../files', '/chat/../files', '/chat/./completions', '//evil.example/v1', '/a//b'],
      ...['/models?limit=1', '/models#x', '/models\\x', '/models;x=1', '/%2e%2e/files'],
      ...['/chat%2Fcompletions', '/%63hat/completions', '/models/%6d', '/..%2ffiles', '/mod els'],
      ...['https://evil.example/v1/models', 'http:/models', 'models', '', ' /models', '/models\n'],
      ...['@evil.example/models', ':443/models', '/chat/ﬁles', '/．．/files', '/models\u0000'],
      ...[['/models'], { path: '/models' }, 5, true],
    ])('%j is 400 Invalid endpoint', async (endpoint) => {
      const answer = await proxy('openai', { endpoint, ...chat })
      expect([answer.status, answer.body.error]).toEqual([400, 'Invalid endpoint'])
      const path = `/api/openai/proxy?endpoint=${encodeURIComponent(String(endpoint))}`
      if (typeof endpoint === 'string') {
        const byQuery = await send(path)
        expect([byQuery.status, byQuery.body.error]).toEqual([400, 'Invalid endpoint'])
      }
      expect(provider.seen).toEqual([])
    })

    it.each([null, undefined])('%j at /proxy is 400, with what is required', async (endpoint) => {
      const answer = await proxy('openai', { endpoint, ...chat })
      expect(answer.status).toBe(400)
      expect(provider.seen).toEqual([])
    })

    it('twice, in a body or a query, is 400', async () => {
      const headers = { 'content-type': 'application/json' }
      for (const body of [
        '{"endpoint":"/models","endpoint":"/chat/completions"}',
        '{"endpoint":"/models","Endpoint":"/chat/completions"}',
        '{"endpoint":"/models","\\u0065ndpoint":"/chat/completions"}',
      ]) {
        const answer = await send('/api/openai/proxy', { method: 'POST', headers, body })
        expect([answer.status, answer.body.error]).toEqual([400, 'Validation Error'])
      }
      for (const query of [
        'endpoint=/models&endpoint=/models',
        'endpoint=/files&%65ndpoint=/models',
      ]) {
        expect((await send(`/api/openai/proxy?${query}`)).status).toBe(400)
      }
      const both = await send('/api/openai/proxy?endpoint=/models', {
        json: { endpoint: '/chat/completions', ...chat },
      })
      expect(both.status).toBe(400)
      expect(provider.seen).toEqual([])
    })

    it('not in the list is 403 Forbidden, with endpoint and api', async () => {
      const answer = await proxy('openai', { endpoint: '/files', purpose: 'x' })
      expect(answer.status).toBe(403)
      expect(answer.body).toEqual({
        ...{ error: 'Forbidden', endpoint: '/files', api: 'openai' },
        message: 'POST /files is not an endpoint of openai that may be called.',
      })
      expect(provider.seen).toEqual([])
    })

    it('not in the list is not repeated if it may contain a key', async () => {
      for (const endpoint of [`/x/${ada.key}`, `/x/${'k'.repeat(60)}`]) {
        const answer = await proxy('openai', { endpoint })
        expect([answer.status, answer.body.endpoint]).toEqual([403, '…'])
      }
    })

    it('the log names the reasons', async () => {
      const [malformed, unlisted]: Reason[] = ['endpoint-malformed', 'endpoint-not-listed']
      await proxy('openai', { endpoint: '/..' })
      await proxy('openai', { endpoint: '/files' })
      const output = stack.gatekeeper.output
      const isThere = () =>
        [malformed, unlisted].every((reason) => output().includes(`"${reason}"`))
      await waitUntil(isThere, { limitMs: 5_000, describe: output })
    })

    it('an upload is refused with the way to send it', async () => {
      const answer = await proxy('openai', { endpoint: '/audio/transcriptions', model: 'm' })
      expect(answer.status).toBe(415)
      expect(answer.body.message).toContain('/openai/')
    })
  })

  describe('a body that is', () => {
    const type = { 'content-type': 'application/json' }
    it.each<[string, SendOptions]>([
      ['missing', { method: 'POST' }],
      ['empty', { method: 'POST', headers: type, body: '' }],
      ['a list', { json: [{ endpoint: '/models' }] }],
      ['a text', { json: '/models' }],
      ['no JSON', { method: 'POST', headers: type, body: 'endpoint=/models' }],
      ['cut', { method: 'POST', headers: type, body: '{"endpoint":"/mod' }],
      ['a form', { method: 'POST', headers: { 'content-type': 'text/plain' }, body: '{}' }],
      ['without an endpoint', { json: { model: 'm' } }],
    ])('%s is 400 Validation Error', async (_, options) => {
      for (const path of ['/api/openai/proxy', '/api/gemini/proxy']) {
        const answer = await send(path, options)
        expect([answer.status, answer.body.error]).toEqual([400, 'Validation Error'])
      }
      expect(provider.seen).toEqual([])
    })

    it('without the model that Gemini needs names it', async () => {
      for (const model of [undefined, 5, '../x', 'a/b', 'x:generateContent?', '']) {
        const answer = await send('/api/gemini', { json: { model, contents: [] } })
        expect(answer).toMatchObject({ status: 400, body: { required: ['model'] } })
      }
      expect(provider.seen).toEqual([])
    })

    it('says what is required', async () => {
      const reason: Reason = 'member-missing'
      const answer = await proxy('openai', { model: 'm' })
      expect(answer.body).toEqual({
        ...{ error: 'Validation Error', required: ['endpoint'] },
        message: 'The body names no endpoint.',
      })
      expect(answer.headers['cache-control']).toBe('no-store')
      await waitUntil(() => stack.gatekeeper.output().includes(reason), {
        ...{ limitMs: 5_000, describe: stack.gatekeeper.output },
      })
    })
  })

  describe('rights and limits are those of the native way:', () => {
    it('a model that the key may not use is 404', async () => {
      const body = { endpoint: '/chat/completions', ...chat, model: 'gpt-4' }
      expect((await proxy('openai', body, { key: fay.key })).status).toBe(404)
      const other = { json: { model: 'gemini-2.5-pro', contents: [] }, key: fay.key }
      expect((await send('/api/gemini', other)).status).toBe(404)
      expect(provider.seen).toEqual([])
    })

    it('readonly reads lists and nothing else', async () => {
      const { key } = reader
      expect((await send('/api/openai/proxy?endpoint=/models', { key })).status).toBe(200)
      const answer = await proxy('openai', { endpoint: '/chat/completions', ...chat }, { key })
      expect([answer.status, answer.body.error]).toEqual([403, 'Forbidden'])
      expect(provider.seen).toHaveLength(1)
    })

    it('a key without the service is 403', async () => {
      const answer = await proxy(
        'groq',
        { endpoint: '/chat/completions', ...chat },
        { key: eve.key },
      )
      expect([answer.status, answer.body.error]).toEqual([403, 'Forbidden'])
    })

    it('one call is charged once, with the tokens of the answer', async () => {
      const used = async () =>
        JSON.parse((await stack.send('/status', { key: tom.key })).text).limits.map(
          (limit: { used: number }) => limit.used,
        )
      const before = await used()
      await proxy('openai', { endpoint: '/chat/completions', ...chat }, { key: tom.key })
      await stack.send('/openai/v1/chat/completions', { key: tom.key, json: chat })
      const after = await used()
      expect(after.map((value: number, at: number) => value - before[at])).toEqual([14, 2])
    })

    it('a quota that is used up is 429 with Retry-After, and nothing is sent', async () => {
      const body = { endpoint: '/chat/completions', ...chat }
      expect((await proxy('openai', body, { key: few.key })).status).toBe(200)
      const answer = await proxy('openai', body, { key: few.key })
      expect([answer.status, answer.body.error]).toEqual([429, 'Quota Exceeded'])
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
      expect(provider.seen).toHaveLength(1)
    })

    it('one record names the endpoint of the provider', async () => {
      const before = stack.gatekeeper.output().length
      const id = (await proxy('openai', { endpoint: '/embeddings', model: 'm', input: 'x' }))
        .headers['x-request-id'] as string
      const lines = () =>
        stack.gatekeeper
          .output()
          .slice(before)
          .split('\n')
          .filter((line) => line.includes(id))
      await waitUntil(() => lines().length > 0, {
        ...{ limitMs: 5_000, describe: stack.gatekeeper.output },
      })
      expect(lines()).toHaveLength(1)
      expect(JSON.parse(lines()[0] ?? '{}')).toMatchObject({
        ...{ service: 'openai', endpoint: '/embeddings', path: '/api/openai/proxy', status: 200 },
      })
    })
  })

  describe('faults of the provider', () => {
    it.each([401, 403])('a %i is 502 with whose credential it was', async (status) => {
      provider.state.answer = (_, response) =>
        json(response, status, { error: { message: 'Incorrect API key sk-proj-1 of org-secret' } })
      const answer = await proxy('openai', { endpoint: '/chat/completions', ...chat })
      expect([answer.status, answer.body.error]).toEqual([502, 'Upstream Error'])
      expect(answer.body.message).toMatch(/gatekeeper|provider/)
      expect(answer.text).not.toMatch(/sk-proj|org-secret/)
    })

    it.each([
      [429, { 'retry-after': '7' }, 'Too Many Requests', '7'],
      [429, {}, 'Too Many Requests', '5'],
      [503, { 'retry-after': '20' }, 'Service Not Available', '20'],
      [503, {}, 'Service Not Available', '5'],
      [500, {}, 'Upstream Error', undefined],
      [529, {}, 'Upstream Error', undefined],
    ])('a %i with %j keeps its status and Retry-After', async (status, fields, error, after) => {
      provider.state.answer = (_, response) =>
        json(response, status, { error: { message: 'org-secret', code: 'x_y' } }, fields)
      const answer = await proxy('openai', { endpoint: '/chat/completions', ...chat })
      expect([answer.status, answer.body.error]).toEqual([status, error])
      expect(answer.headers['retry-after']).toBe(after)
      expect(answer.headers['cache-control']).toBe('no-store')
      expect(answer.text).not.toContain('org-secret')
    })

    it('a provider without a key is 503 with its name', async () => {
      for (const name of [withoutKey, 'acme']) {
        const answer = await proxy(name, { endpoint: '/chat/completions', ...chat })
        expect([answer.status, answer.body.error]).toEqual([503, 'Service Not Available'])
        expect(answer.body.message).toContain(name)
        expect(answer.headers['retry-after']).toBe('30')
      }
      expect(provider.seen).toEqual([])
    })

    it('a redirect is an error and is not followed', async () => {
      provider.state.answer = (_, response) =>
        void response.writeHead(307, { location: 'https://example.com/' }).end()
      const answer = await proxy('openai', { endpoint: '/chat/completions', ...chat })
      expect([answer.status, answer.body.error]).toEqual([502, 'Upstream Error'])
      expect(answer.text).not.toContain('example.com')
      expect(provider.seen).toHaveLength(1)
    })
  })

  describe('names:', () => {
    const unknown: Reason = 'unknown-api'
    it('a provider that does not exist is 400 Invalid API, with those that the caller may call', async () => {
      for (const call of [
        () => send('/api/nobody', { json: chat, key: eve.key }),
        () => proxy('nobody', { endpoint: '/models' }, { key: eve.key }),
        () => send('/api/nobody/proxy?endpoint=/models', { key: eve.key }),
        () => send('/api/OPENAI', { json: chat, key: eve.key }),
      ]) {
        const { status, body } = await call()
        expect([status, body.error, body.availableApis]).toEqual([400, 'Invalid API', ['openai']])
      }
      expect((await send('/api/nobody/endpoints')).body).toMatchObject({ error: 'Not Found' })
      await waitUntil(() => stack.gatekeeper.output().includes(unknown), {
        ...{ limitMs: 5_000, describe: stack.gatekeeper.output },
      })
    })

    it('a stranger cannot tell which providers exist', async () => {
      const paths = (name: string): [string, SendOptions][] => [
        [`/api/${name}`, { json: chat }],
        [`/api/${name}/proxy`, { json: { endpoint: '/models' } }],
        [`/api/${name}/proxy`, { json: { endpoint: '/../x' } }],
        [`/api/${name}/proxy?endpoint=/models`, {}],
        [`/api/${name}/proxy?endpoint=/models&key=AIza`, {}],
        [`/api/${name}/proxy?endpoint=%2e%2e`, {}],
        [`/api/${name}/endpoints`, {}],
        [`/api/${name}/other`, {}],
        [`/api/${name}`, { method: 'DELETE' }],
        [`/api/${name}//x`, {}],
      ]
      const ask = async (name: string) =>
        Promise.all(
          paths(name).map(async ([path, options]) => {
            const { status, headers, text } = await stack.send(path, options)
            const { date: _, 'x-request-id': _id, ...fields } = headers
            return { status, fields, text }
          }),
        )
      const [known, keyless, own, none] = await Promise.all(
        ['openai', withoutKey, 'acme', 'nobody'].map(ask),
      )
      expect(known).toEqual(none)
      expect(keyless).toEqual(none)
      expect(own).toEqual(none)
      expect(none?.map(({ status }) => status).slice(0, -1)).toEqual(Array(9).fill(401))
      expect(none?.[0]).toMatchObject({ fields: { 'www-authenticate': 'Bearer' } })
      expect(JSON.parse(none?.[0]?.text ?? '').error).toBe('Authentication required')
    })

    it.each(['key', 'api_key', 'model'])(
      'a stranger with ?%s= at the native path learns nothing either',
      async (field) => {
        for (const path of ['/gemini/v1beta/models', `/${withoutKey}/v1/models`]) {
          expect((await stack.send(`${path}?${field}=x`)).status).toBe(401)
        }
      },
    )

    it('Ollama keeps what is its own', async () => {
      const json = { model: 'demo', messages: [], stream: false }
      expect((await send('/api/chat', { key: eve.key, json })).status).toBe(200)
      expect((await send('/api/tags', { key: eve.key })).status).toBe(200)
      const { status, body } = await send('/api/generate/proxy', { key: eve.key, json })
      expect([status, body]).toEqual([404, { error: 'There is no such endpoint here.' }])
    })

    it('GET /api/PROVIDER/endpoints lists what may be called', async () => {
      const { status, body, headers } = await send('/api/gemini/endpoints')
      expect([status, headers['cache-control']]).toEqual([200, 'no-store'])
      expect(body).toMatchObject({
        ...{ api: 'gemini', configured: true },
        baseUrl: `https://localhost:${provider.port}/v1beta`,
      })
      expect(body.allowedEndpoints).toContain('/models/{model}:generateContent')
      expect((await send(`/api/${withoutKey}/endpoints`)).body.configured).toBe(false)
      expect((await send('/api/groq/endpoints', { key: eve.key })).status).toBe(403)
      expect(provider.seen).toEqual([])
    })
  })
})
