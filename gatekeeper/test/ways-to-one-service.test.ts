/**
 * One service has several routes: `/api` and `/v1` alone, `/ollama` and `/chat` before both, and
 * the domain chat in front. Every promise must apply to all; each gets the same requests.
 */
import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { shippedGateway } from './support/gateway-file.ts'
import { makeKey, type TestKey } from './support/keys.ts'
import { type SendOptions, type Stack, startStack, testCaddy } from './support/stack.ts'

const ways = ['', '/ollama', '/chat']

type Call = readonly [path: string, options?: SendOptions]
type Row = {
  readonly name: string
  /** The entry of the row's own key; null is no key. */
  readonly key?: Parameters<typeof makeKey>[0] | null
  readonly calls: readonly Call[]
  /** The answer to each call. */
  readonly statuses: readonly number[]
}

const messages = [{ role: 'user', content: 'x' }]
const native = { model: 'demo', messages, stream: false }
const typed = { 'content-type': 'application/json' }
const post = (json: unknown): SendOptions => ({ method: 'POST', json })
const raw = (body: string | Buffer, headers: Record<string, string> = typed): SendOptions => ({
  ...{ method: 'POST', body, headers },
})
const row = (
  name: string,
  statuses: number | readonly number[],
  calls: Call | readonly Call[],
  key?: Row['key'],
): Row => ({
  name,
  statuses: [statuses].flat(),
  calls: (typeof calls[0] === 'string' ? [calls] : calls) as readonly Call[],
  ...(key !== undefined && { key }),
})

const capOf = (caps: object) => ({ caps })

const rows: readonly Row[] = [
  row('no key', [401, 401], [['/api/tags'], ['/v1/models']], null),
  row(
    'a bad key',
    [401, 401],
    [
      ['/api/tags', { headers: { 'x-api-key': 'bad' } }],
      ['/v1/models', { headers: { 'x-api-key': 'bad' } }],
    ],
    null,
  ),
  row(
    'lists',
    [200, 200, 200, 200],
    [['/api/tags'], ['/v1/models'], ['/api/tags', { method: 'HEAD' }], ['/api/version']],
  ),
  row('lists of a key with other models', [200, 200], [['/api/tags'], ['/v1/models']], {
    models: ['none'],
  }),
  row('a native chat', 200, ['/api/chat', post(native)]),
  row('a native generation, streamed', 200, [
    '/api/generate',
    post({ model: 'demo', prompt: 'x' }),
  ]),
  row(
    'an embedding',
    // The demonstration has no second one.
    [200, 404],
    [
      ['/api/embed', post({ model: 'demo', input: 'x' })],
      ['/v1/embeddings', post({ model: 'demo', input: 'x' })],
    ],
  ),
  row('a compatible chat', 200, ['/v1/chat/completions', post({ model: 'demo', messages })]),
  row('a compatible stream', 200, [
    '/v1/chat/completions',
    post({ model: 'demo', messages, stream: true }),
  ]),
  row(
    'a model of the key',
    [200, 200],
    [
      ['/api/chat', post(native)],
      ['/v1/chat/completions', post({ model: 'demo', messages })],
    ],
    { models: ['demo'] },
  ),
  row(
    'a model that is not the key’s',
    [404, 404, 404],
    [
      ['/api/chat', post(native)],
      ['/v1/chat/completions', post({ model: 'demo', messages })],
      ['/api/show', post({ model: 'demo' })],
    ],
    { models: ['other'] },
  ),
  row(
    'a model that is not there',
    [404, 404],
    [
      ['/api/chat', post({ ...native, model: 'gone' })],
      ['/v1/chat/completions', post({ model: 'gone', messages })],
    ],
  ),
  row(
    'a cloud model',
    [404, 404, 404],
    [
      ['/api/chat', post({ ...native, model: 'gpt-oss:120b-cloud' })],
      ['/api/generate', post({ model: 'gpt-oss:120b-cloud', prompt: 'x' })],
      ['/v1/chat/completions', post({ model: 'GPT-OSS:cloud', messages })],
    ],
  ),
  row('no model, where only some may be used', 404, ['/api/chat', post({ messages })], {
    models: ['demo'],
  }),
  row('a member twice', 400, ['/api/chat', raw('{"model":"demo","model":"x","messages":[]}')]),
  row('a member in two spellings', 400, [
    '/api/chat',
    raw('{"model":"demo","Model":"x","messages":[]}'),
  ]),
  row('half a body', 400, ['/api/chat', raw('{"model":')]),
  row('a list as a body', 400, ['/api/chat', raw('[]')]),
  row('another type', 415, ['/v1/chat/completions', raw('{}', { 'content-type': 'text/html' })]),
  row('a coding', 200, [
    '/api/chat',
    raw(gzipSync(JSON.stringify(native)), { ...typed, 'content-encoding': 'gzip' }),
  ]),
  row('an unknown coding', 415, ['/api/chat', raw('{}', { ...typed, 'content-encoding': 'x' })]),
  row('a body on a method without one', 400, [
    '/api/tags',
    { method: 'GET', body: '{}', headers: typed },
  ]),
  row('an unload', 403, ['/api/generate', post({ model: 'demo', keep_alive: 0 })]),
  row(
    'keep_alive above the cap',
    403,
    ['/api/chat', post({ ...native, keep_alive: '9h' })],
    capOf({ keepAliveSeconds: 60 }),
  ),
  row(
    'num_ctx above the cap',
    403,
    ['/api/chat', post({ ...native, options: { num_ctx: 99_999 } })],
    capOf({ contextTokens: 1000 }),
  ),
  row(
    'output above the cap',
    [403, 403],
    [
      ['/api/chat', post({ ...native, options: { num_predict: 999 } })],
      ['/v1/chat/completions', post({ model: 'demo', messages, max_tokens: 999 })],
    ],
    capOf({ outputTokens: 10 }),
  ),
  row(
    'output that is lowered to the cap',
    [200, 200],
    [
      ['/api/chat', post(native)],
      ['/v1/chat/completions', post({ model: 'demo', messages })],
    ],
    { limits: ['10-output-tokens'] },
  ),
  row('too much to read', 413, ['/api/show', raw(`{"model":"${'x'.repeat(4_300_000)}"}`)]),
  row(
    'too long a prompt',
    413,
    ['/api/chat', post({ ...native, messages: [{ role: 'user', content: 'x'.repeat(2_000) }] })],
    { limits: ['1k-prompt-bytes'] },
  ),
  row(
    'requests beyond a rate',
    [200, 200, 429],
    [
      ['/api/chat', post(native)],
      ['/v1/chat/completions', post({ model: 'demo', messages })],
      ['/api/chat', post(native)],
    ],
    { limits: ['2/hour'] },
  ),
  row(
    'requests beyond a quota',
    [200, 429, 429],
    [
      ['/api/chat', post(native)],
      ['/api/chat', post(native)],
      ['/v1/chat/completions', post({ model: 'demo', messages })],
    ],
    { limits: ['1/day'] },
  ),
  row(
    'more tokens than are left',
    [200, 429],
    [
      ['/api/chat', post(native)],
      ['/v1/chat/completions', post({ model: 'demo', messages, max_tokens: 999_999 })],
    ],
    { limits: ['10k-tokens/day'] },
  ),
  row(
    'unlisted paths',
    [404, 404, 404, 404],
    [['/api/nothing'], ['/v1/nothing'], ['/api/tags/'], ['/api/TAGS']],
  ),
  row(
    'paths that two readers see differently',
    [400, 400, 400, 400, 400],
    [['/api%2ftags'], ['/api//tags'], ['/api/x/../tags'], ['/api/tags;x'], ['/api/%74ags']],
  ),
  row(
    'endpoints for nobody',
    [404, 404],
    [
      ['/api/me', post({})],
      ['/api/signout', post({})],
    ],
    { role: 'admin' },
  ),
  row('a model in the query', 400, [
    '/v1/chat/completions?model=x',
    post({ model: 'demo', messages }),
  ]),
  row(
    'other methods',
    [404, 404, 404, 404],
    [
      ['/api/generate', { method: 'GET' }],
      ['/api/chat', { ...post(native), method: 'PUT' }],
      ['/v1/models', { method: 'DELETE' }],
      ['/api/tags', { method: 'OPTIONS' }],
    ],
    { role: 'admin' },
  ),
  row(
    'readonly',
    [200, 403, 403],
    [
      ['/api/tags'],
      ['/api/chat', post(native)],
      ['/v1/chat/completions', post({ model: 'demo', messages })],
    ],
    { role: 'readonly' },
  ),
  row(
    'readwrite that manages',
    [403, 403],
    [
      ['/api/delete', { ...post({ model: 'demo' }), method: 'DELETE' }],
      ['/api/pull', post({ model: 'demo' })],
    ],
  ),
  row('a key of another service', [403, 403], [['/api/tags'], ['/api/chat', post(native)]], {
    services: ['tts'],
  }),
  row('a key by its service’s alias', 200, ['/api/tags'], { services: ['chat'] }),
  row('a key of another address', 403, ['/api/tags'], { addresses: ['10.9.8.0/24'] }),
  row('a key that has expired', 401, ['/api/tags'], { expiresAt: '2026-01-02T00:00:00Z' }),
  row('a page of another site', 403, [
    '/api/tags',
    { headers: { origin: 'https://evil.example' } },
  ]),
  row('a key in the URL', 400, [`/api/tags?k=${makeKey().key}`]),
]

/** Each row calls each route with its own key, so that no count affects another. */
const asked = rows.map((one) => ({
  row: one,
  keys: ways.map(() => (one.key === null ? null : makeKey(one.key ?? {}))),
}))
const ada = makeKey({ services: ['ollama', 'domain-chat'] })
const counters = ways.map(() => makeKey({ limits: ['100k-tokens/day'] }))

const names = ['content-type', 'www-authenticate', 'x-should-retry', 'cache-control', 'allow']

describe.skipIf(testCaddy === null)('every route to one service', () => {
  let stack: Stack

  beforeAll(async () => {
    const keys = asked.flatMap((one) => one.keys.filter((key) => key !== null))
    stack = await startStack({
      keys: [...keys, ...counters, ada],
      config: shippedGateway.replace(/^chat: .*$/m, 'chat: { service: ollama }'),
    })
  })
  afterEach(() => stack.upstream.reset())
  afterAll(() => stack?.stop())

  /**
   * The answer to one call, and the request at the service, without the parts that always differ.
   */
  async function ask(way: string, [path, options]: Call, key: TestKey | null) {
    const from = stack.upstream.received.length
    const sent = { ...options, ...(key !== null && { key: key.key }) }
    const { status, headers, text } = await stack.send(`${way}${path}`, sent)
    const reached = stack.upstream.received.slice(from)
    return {
      ...{ path, status, text: plain(text) },
      fields: names.map((name) => `${name}: ${String(headers[name])}`),
      waits: headers['retry-after'] !== undefined,
      reached: reached.map(({ method, url, body }) => `${method} ${url} ${body.toString('utf8')}`),
    }
  }

  const plain = (text: string) =>
    text
      .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'ID')
      .replace(/"created(_at)?":("[^"]*"|\d+)/g, '"created":0')
      .replace(/_duration":\d+/g, '_duration":0')
      .replace(
        /\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?Z?|\d+ (hours?|minutes?|seconds?)/g,
        'TIME',
      )

  it.each(asked)('gives the same answer: $row.name', async ({ row: { calls, statuses }, keys }) => {
    const answers: (readonly object[])[] = []
    for (const [index, way] of ways.entries()) {
      const ofWay: Awaited<ReturnType<typeof ask>>[] = []
      for (const call of calls) ofWay.push(await ask(way, call, keys[index] ?? null))
      expect([way, ofWay.map(({ status }) => status)]).toEqual([way, statuses])
      answers.push(ofWay)
    }
    for (const others of answers.slice(1)) expect(others).toEqual(answers[0])
  })

  it('has more than forty requests in the table', () => {
    expect(rows.flatMap(({ calls }) => calls).length).toBeGreaterThanOrEqual(40)
  })

  it('counts the same tokens', async () => {
    const used: number[] = []
    for (const [index, way] of ways.entries()) {
      const { key } = counters[index] as TestKey
      await stack.send(`${way}/api/chat`, { key, json: native })
      await stack.send(`${way}/v1/chat/completions`, {
        key,
        json: { model: 'demo', messages, stream: true },
      })
      const status = JSON.parse((await stack.send('/status', { key })).text)
      used.push(status.limits[0].used)
    }
    expect(used[0]).toBeGreaterThan(0)
    expect(new Set(used).size).toBe(1)
  })

  it('leads to one queue: with one slot no two calls run at a time, on any routes', async () => {
    let running = 0
    const most: number[] = []
    stack.upstream.behave({
      answer: (response, { url }) => {
        response.setHeader('content-type', 'application/json')
        if (url === '/v1/models') return void response.end('{"data":[{"id":"demo:latest"}]}')
        most.push(++running)
        setTimeout(() => {
          running--
          response.end('{"choices":[]}')
        }, 40)
      },
    })
    const compatible = { model: 'demo', messages }
    const calls: Promise<{ readonly status: number }>[] = [
      ...ways.map((way) => stack.send(`${way}/api/chat`, { key: ada.key, json: native })),
      ...ways.map((way) =>
        stack.send(`${way}/v1/chat/completions`, { key: ada.key, json: compatible }),
      ),
      ...['/authorized/minnow/chat', '/authorized/shark/chat'].map((path) =>
        stack.send(path, { key: ada.key, json: { messages } }),
      ),
      stack.send('/minnow/chat', { json: { messages } }),
    ]
    const statuses = (await Promise.all(calls)).map(({ status }) => status)
    expect(statuses).toEqual(calls.map(() => 200))
    expect(most).toEqual(calls.map(() => 1))
  })

  it('refuses cloud models to the domain chat as well', async () => {
    const answer = await stack.send('/authorized/minnow/chat?model=gpt-oss:120b-cloud', {
      ...{ key: ada.key, json: { messages } },
    })
    expect(answer.status).toBe(404)
    expect(stack.upstream.received.filter(({ method }) => method === 'POST')).toEqual([])
  })
})
