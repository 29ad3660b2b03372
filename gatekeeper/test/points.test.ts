import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeKey, makeRefusedKeys } from './support/keys.ts'
import { type SendOptions, type Stack, startStack, testCaddy } from './support/stack.ts'

const reader = makeKey({ user: 'reader', role: 'readonly' })
const user = makeKey({ user: 'user' })
const admin = makeKey({ user: 'admin', role: 'admin' })
const refused = makeRefusedKeys()
const { elsewhere, expired, disabled, away, paged } = refused
const json = { model: 'demo', messages: [{ role: 'user', content: 'x' }], stream: false }
const basic = (key: string) => `Basic ${Buffer.from(`x:${key}`).toString('base64')}`

type Row = readonly [name: string, path: string, options: SendOptions, status: number]

/** One table for both points. Paths are as under `/chat` (check) and `/ollama` (relay). */
const rows: readonly Row[] = [
  ['no credential', '/api/tags', {}, 401],
  ['a good key', '/api/tags', { key: user.key }, 200],
  ['a good key in X-API-Key', '/api/tags', { headers: { 'x-api-key': user.key } }, 200],
  ['a good key in api-key', '/api/tags', { headers: { 'api-key': user.key } }, 200],
  ['a good key in x-goog-api-key', '/api/tags', { headers: { 'x-goog-api-key': user.key } }, 200],
  ['a good key as Basic', '/api/tags', { headers: { authorization: basic(user.key) } }, 200],
  ['a good key without scheme', '/api/tags', { headers: { authorization: user.key } }, 200],
  [
    'the scheme in capitals',
    '/api/tags',
    { headers: { authorization: `BEARER ${user.key}` } },
    200,
  ],
  ['the same key twice', '/api/tags', { key: user.key, headers: { 'x-api-key': user.key } }, 200],
  ['two keys', '/api/tags', { key: user.key, headers: { 'x-api-key': admin.key } }, 400],
  ['a good and a bad key', '/api/tags', { key: user.key, headers: { 'api-key': 'x' } }, 400],
  ['a key in the query', `/api/tags?k=${user.key}`, { key: user.key }, 400],
  ['an expired key', '/api/tags', { key: expired.key }, 401],
  ['a disabled key', '/api/tags', { key: disabled.key }, 401],
  ['a token', '/api/tags', { key: 'eyJhbGciOiJub25lIn0.e30.e30' }, 401],
  ['__proto__', '/api/tags', { key: '__proto__' }, 401],
  ['a key of 9 kB', '/api/tags', { key: 'k'.repeat(9_000) }, 401],
  ['a key of another service', '/api/tags', { key: elsewhere.key }, 403],
  ['a key of another address', '/api/tags', { key: away.key }, 403],
  ['a key of a web page, from elsewhere', '/api/tags', { key: paged.key }, 403],
  [
    'a foreign origin',
    '/api/tags',
    { key: user.key, headers: { origin: 'https://e.example' } },
    403,
  ],
  ['HEAD', '/api/tags', { method: 'HEAD', key: user.key }, 200],
  ['OPTIONS', '/api/tags', { method: 'OPTIONS', key: user.key }, 404],
  ['TRACE', '/api/tags', { method: 'TRACE', key: admin.key }, 404],
  ['PROPFIND', '/api/tags', { method: 'PROPFIND', key: admin.key }, 404],
  ['readonly reads', '/api/tags', { key: reader.key }, 200],
  ['readonly does not use', '/api/chat', { key: reader.key, json }, 403],
  ['readwrite uses', '/api/chat', { key: user.key, json }, 200],
  ['readwrite does not manage', '/api/pull', { key: user.key, json }, 403],
  ['admin manages', '/api/pull', { key: admin.key, json }, 404 /* the demonstration has none */],
  ['nobody reaches the host account', '/api/me', { method: 'POST', key: admin.key, json }, 404],
  ['nobody reaches the profiler', '/debug/pprof/heap', { key: admin.key }, 404],
  ['an unlisted path', '/api/nothing', { key: admin.key }, 404],
  ['a trailing slash', '/api/tags/', { key: admin.key }, 404],
  ['capitals', '/API/tags', { key: admin.key }, 404],
  ['an encoded letter', '/api/t%61gs', { key: admin.key }, 400],
  ['an encoded slash', '/api%2ftags', { key: admin.key }, 400],
  ['an encoded dot', '/api/%2e%2e/tags', { key: admin.key }, 400],
  ['an encoded NUL', '/api/tags%00', { key: admin.key }, 400],
  ['a double slash', '//api/tags', { key: admin.key }, 400],
  ['a dot segment', '/api/./tags', { key: admin.key }, 400],
  ['a path parameter', '/api/tags;a=b', { key: admin.key }, 400],
  ['a backslash', '/api\\tags', { key: admin.key }, 400],
  ['a model in the query', '/api/tags?model=x', { key: admin.key }, 400],
]

describe.skipIf(testCaddy === null)('both points decide alike', () => {
  let stack: Stack
  beforeAll(async () => {
    stack = await startStack({
      keys: [reader, user, admin, ...Object.values(refused)],
    })
  })
  afterAll(() => stack?.stop())

  it.each(rows)('%s', async (_name, path, options, status) => {
    const seen = []
    for (const prefix of ['/chat', '/ollama']) {
      stack.upstream.reset()
      const answer = await stack.send(`${prefix}${path}`, options)
      const isDenial = stack.upstream.requests === 0
      seen.push({
        status: answer.status,
        isDenial,
        body: isDenial ? answer.text.replace(/"request_id":"[^"]+"/, '') : '',
      })
    }
    expect(seen[0]).toEqual(seen[1])
    expect(seen[0]?.status).toBe(status)
    expect(seen[0]?.isDenial).toBe(status !== 200 && !_name.startsWith('admin manages'))
  })

  it('a key limited to models is refused where models cannot be seen, and limited to them where they can', async () => {
    const limited = makeKey({ models: ['demo'] })
    const own = await startStack({ keys: [limited] })
    const chat = (prefix: string, model: string) =>
      own.send(`${prefix}/api/chat`, { key: limited.key, json: { ...json, model } })
    expect((await chat('/chat', 'demo')).status).toBe(403)
    expect((await chat('/ollama', 'demo:latest')).status).toBe(200)
    expect((await chat('/ollama', 'other')).status).toBe(404)
    expect(own.upstream.requests).toBe(1)
    await own.stop()
  })
})
