/**
 * Each way around a policy in front of a model server that is known to have worked somewhere, as a
 * test: what reaches the upstream, and what does not.
 */
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type FaultyUpstream, startFaultyUpstream } from '../../../scripts/demo/faults.ts'
import { waitUntil } from '../support/child.ts'
import { makeKey } from '../support/keys.ts'
import {
  type Answer,
  type SendOptions,
  type Stack,
  startStack,
  testCaddy,
} from '../support/stack.ts'

const services = ['ollama', 'litellm', 'llama', 'vllm', 'speech']
const free = makeKey({ services })
const limited = makeKey({ services, models: ['good', 'llama3.2:*'] })
const cloud = makeKey({ services, cloudModels: true })
const noCloud = makeKey({ services, cloudModels: false })
const capped = makeKey({
  services,
  caps: { keepAliveSeconds: 600, contextTokens: 8192, outputTokens: 100, imageBytes: 1000 },
})
const reader = makeKey({ services, role: 'readonly', models: ['good'] })
const admin = makeKey({ services, role: 'admin' })
const limitedAdmin = makeKey({ services, role: 'admin', models: ['good'] })

const config = (url: string) => `version: 1
services:
  ollama:
    kind: ollama
    routes: [{prefix: /api}, {prefix: /v1}, {prefix: /ollama, strip: true}, {prefix: /chat, strip: true, mode: check}]
  litellm: {kind: openai, upstream: {url: "${url}"}, routes: [{prefix: /litellm, strip: true}]}
  llama: {kind: llamacpp, upstream: {url: "${url}"}, routes: [{prefix: /litellm/llama, strip: true}]}
  vllm: {kind: vllm, upstream: {url: "${url}"}, routes: [{prefix: /litellm/vllm, strip: true}]}
  speech: {kind: tts, upstream: {url: "${url}"}, routes: [{prefix: /litellm/speech, strip: true}]}
`

describe.skipIf(testCaddy === null)('known attacks', () => {
  let stack: Stack
  let other: FaultyUpstream
  beforeAll(async () => {
    other = await startFaultyUpstream()
    stack = await startStack({
      keys: [free, limited, cloud, noCloud, capped, reader, admin, limitedAdmin],
      config: config(other.url),
    })
  })
  beforeEach(() => {
    other.reset()
    stack.upstream.reset()
    // It has every model, so that a refusal for a missing model is ours.
    stack.upstream.behave({ status: 200, body: '{}' })
    other.behave({ status: 200, body: '{}' })
  })
  afterAll(async () => {
    await stack?.stop()
    await other?.close()
  })

  const post = (path: string, json: unknown, key = limited.key, more: SendOptions = {}) =>
    stack.send(path, { json, key, ...more })
  const postText = (path: string, body: string | Buffer, key = limited.key, headers = {}) =>
    stack.send(path, {
      ...{ method: 'POST', key, body },
      headers: { 'content-type': 'application/json', ...headers },
    })
  const codeOf = ({ text }: Answer) => {
    const { error } = JSON.parse(text)
    return typeof error === 'string' ? error : error.code
  }
  const sent = () =>
    [...stack.upstream.received, ...other.received].map(({ body }) => body.toString())
  const untouched = () => expect(stack.upstream.requests + other.requests).toBe(0)

  describe('fact 1: a check sees neither body nor answer', () => {
    it.each([
      ['models', limited.key, 403],
      ['caps', capped.key, 403],
      ['no models at the vendor’s', noCloud.key, 403],
      ['nothing that only a body shows', free.key, 200],
    ])('so a key limited to %s is refused there', async (_, key, status) => {
      const answer = await post('/chat/api/chat', { model: 'good', stream: false }, key)
      expect(answer.status).toBe(status)
      if (status !== 200) untouched()
    })
  })

  describe('fact 2: every server cleans paths in its own way', () => {
    it.each([
      ...['/api%2fdelete', '/api/%64elete', '/api/chat/../delete', '/api//delete', '//api/delete'],
      ...['/api/chat/%2e%2e/delete', '/api/delete%00', '/api/delete;x', '/api%5cdelete'],
      ...['/api/./delete', '/api/delete/.', '/API/DELETE', '/api/delete/'],
    ])('%s reaches nobody', async (path) => {
      const answer = await stack.send(path, { method: 'DELETE', key: free.key })
      expect(answer.status).toBeGreaterThanOrEqual(400)
      untouched()
    })
  })

  describe('fact 3: Go folds names and uses the last', () => {
    it.each([
      '{"model":"good","MODEL":"bad"}',
      '{"MODEL":"bad","model":"good"}',
      '{"model":"good","model":"bad"}',
      '{"model":"good","mod\\u0065l":"bad"}',
      '{"model":"good","stream":false,"\u017ftream":true}',
      '{"model":"good","keep_alive":1,"\u212aeep_alive":-1}',
    ])('%s reaches nobody', async (body) => {
      expect((await postText('/api/chat', body)).status).toBe(400)
      untouched()
    })

    it('a name in other letters is the model, and is sent in its own', async () => {
      expect((await postText('/api/chat', '{"MODEL":"bad"}')).status).toBe(404)
      untouched()
      await postText('/api/chat', ' {"MODEL" : "good","\u017ftream":false}')
      expect(sent()).toEqual(['{"model":"good","stream":false}'])
    })

    it('numbers reach the model server as the client wrote them', async () => {
      const body = '{"model":"good","options":{"seed":9007199254740993},"x":1.10,"y":1E5}'
      await postText('/api/chat', body)
      expect(sent()).toEqual([body])
    })
  })

  describe('fact 4: a query overrides the body', () => {
    it.each([
      '/v1/chat/completions?model=bad',
      '/api/chat?Model=bad',
      '/v1/completions?a=1;model=bad',
    ])('%s reaches nobody', async (path) => {
      expect((await post(path, { model: 'good' })).status).toBe(400)
      untouched()
    })
  })

  describe('fact 5: a model has many names', () => {
    it.each([
      'Good',
      ' good ',
      'good:latest',
      'library/good',
      'registry.ollama.ai/library/good:latest',
      'good:local',
    ])('%j is allowed', async (model) => {
      expect((await post('/api/chat', { model, stream: false })).status).toBe(200)
    })

    it.each([
      ...['bad', 'good:7b', 'ada/good', 'host.example/library/good', 'registry.ollama.ai/good'],
      ...['good/../bad', 'good\0', 'good,bad', 'llama3.2', 'xllama3.2:1b', ''],
      ...[null, ['good'], { name: 'good' }, 1, true, 'good\n'],
    ])('%j is not allowed', async (model) => {
      const answer = await post('/api/chat', { model, stream: false })
      expect(answer.status).toBe(model === 'llama3.2' ? 200 : 404)
      if (model !== 'llama3.2') untouched()
    })

    it('a cloud model needs its own permission, and looks like one that does not exist', async () => {
      const models = ['good:cloud', 'gpt-oss:120b-cloud', 'GOOD:Cloud', 'x:cloud:local']
      const unknown = await post('/api/chat', { model: 'nobody-has-this' })
      for (const model of models) {
        const answers = [
          await post('/api/chat', { model }, free.key),
          await post('/v1/messages', { model }, free.key),
        ]
        expect(answers.map(({ status }) => status)).toEqual([404, 404])
        expect(answers[0]?.text).toBe(unknown.text.replace('nobody-has-this', model))
      }
      untouched()
      expect((await post('/api/chat', { model: 'x:cloud', stream: false }, cloud.key)).status).toBe(
        200,
      )
    })

    it('an old name of the member counts as well', async () => {
      expect((await post('/api/show', { name: 'bad' }, reader.key)).status).toBe(404)
      expect((await post('/api/show', { model: 'good', name: 'bad' }, reader.key)).status).toBe(404)
      expect(
        (await post('/api/delete', { name: 'bad' }, limitedAdmin.key, { method: 'DELETE' })).status,
      ).toBe(404)
      untouched()
      expect((await post('/api/show', { name: 'good' }, reader.key)).status).toBe(200)
    })

    it('a copy would give a forbidden model an allowed name', async () => {
      const copy = { source: 'bad', destination: 'good' }
      expect((await post('/api/copy', copy, limitedAdmin.key)).status).toBe(404)
      expect(
        (await post('/api/create', { model: 'good', from: 'bad' }, limitedAdmin.key)).status,
      ).toBe(404)
      untouched()
    })
  })

  describe('fact 6: a model server offers more than its models', () => {
    it.each([
      ['GET', '/ollama/debug/pprof/heap'],
      ['POST', '/api/me'],
      ['POST', '/api/signout'],
      ['DELETE', '/api/user/keys/x'],
      ['GET', '/api/unheard-of'],
    ])('%s %s is open to nobody', async (method, path) => {
      const answer = await stack.send(path, { method, key: admin.key })
      expect([answer.status, typeof JSON.parse(answer.text).error]).toEqual([404, 'string'])
      untouched()
    })
  })

  it('fact 7: a key is limited to its models in any carrier', async () => {
    const basic = `Basic ${Buffer.from(`any:${limited.key}`).toString('base64')}`
    const carriers: Record<string, string>[] = [
      { authorization: `Bearer ${limited.key}` },
      { authorization: limited.key },
      { authorization: basic },
      ...['x-api-key', 'api-key', 'x-goog-api-key'].map((name) => ({ [name]: limited.key })),
    ]
    for (const headers of carriers) {
      const answer = await stack.send('/api/chat', { json: { model: 'bad' }, headers })
      expect([Object.keys(headers), answer.status]).toEqual([Object.keys(headers), 404])
    }
    untouched()
  })

  it('fact 8: clients retry unless the answer says not to', async () => {
    const answer = await post('/v1/chat/completions', { model: 'bad' })
    expect([answer.status, answer.headers['x-should-retry']]).toEqual([404, 'false'])
  })

  describe('JSON by any other type', () => {
    it.each([
      'text/plain',
      'application/x-www-form-urlencoded; charset=utf-8',
      'application/json; charset=utf-16',
    ])(
      'as %s, which a page may send anywhere or another reader reads differently, reaches nobody',
      async (type) => {
        expect(
          (await postText('/api/chat', '{"model":"good"}', limited.key, { 'content-type': type }))
            .status,
        ).toBe(415)
        untouched()
      },
    )

    it('with curl’s default type is accepted on native paths, and is never the form of a page', async () => {
      const type = { 'content-type': 'application/x-www-form-urlencoded' }
      const body = '{"model":"good","stream":false}'
      for (const [path, headers] of [
        ['/v1/chat/completions', type],
        ['/api/chat', { ...type, origin: 'https://evil.example' }],
        ['/api/chat', { ...type, origin: 'null' }],
        ['/api/chat', { ...type, 'sec-fetch-site': 'cross-site' }],
        ['/api/chat', { ...type, 'sec-fetch-site': 'same-origin' }],
        ['/api/chat', { ...type, 'sec-fetch-mode': 'navigate' }],
      ] as const) {
        const { status } = await postText(path, body, limited.key, headers)
        expect([path, headers, [403, 415].includes(status)]).toEqual([path, headers, true])
      }
      const authorization = `Basic ${Buffer.from(`any:${limited.key}`).toString('base64')}`
      const basic = await stack.send('/api/chat', {
        ...{ method: 'POST', headers: { ...type, authorization }, body },
      })
      expect(basic.status).toBe(415)
      untouched()
      expect((await postText('/api/chat', '{"model":"bad"}', limited.key, type)).status).toBe(404)
      untouched()
      expect((await postText('/api/chat', body, limited.key, type)).status).toBe(200)
      expect(sent()).toEqual([body])
    })

    it.each([
      ['gzip', gzipSync],
      ['zstd', zstdCompressSync],
    ] as const)('in %s is judged and sent without it', async (coding, encode) => {
      const headers = { 'content-encoding': coding }
      const good = encode(Buffer.from('{ "model" : "good", "stream" : false }'))
      expect((await postText('/api/chat', good, limited.key, headers)).status).toBe(200)
      expect(sent()).toEqual(['{"model":"good","stream":false}'])
      const [received] = stack.upstream.received
      expect(received?.headers['content-encoding']).toBeUndefined()
      expect(received?.headers['content-type']).toEqual(['application/json'])
      expect(
        (await postText('/api/chat', encode(Buffer.from('{"model":"bad"}')), limited.key, headers))
          .status,
      ).toBe(404)
      const bomb = encode(Buffer.alloc(64 * 1024 * 1024, ' '))
      expect((await postText('/api/chat', bomb, limited.key, headers)).status).toBe(413)
      expect(stack.upstream.requests).toBe(1)
    })
  })

  describe('a request that only unloads the model is administration', () => {
    it.each([
      ['/api/generate', { keep_alive: 0 }],
      ['/api/generate', { keep_alive: '0', prompt: '' }],
      ['/api/generate', { keep_alive: '0s', prompt: null }],
      ['/api/generate', { keep_alive: 0.2 }],
      ['/api/generate', { keep_alive: '1ns' }],
      ['/api/generate', { KEEP_ALIVE: 0, Prompt: '' }],
      ['/api/chat', { keep_alive: 0 }],
      ['/api/chat', { keep_alive: '0m0s', messages: [] }],
      ['/api/chat', { keep_alive: '0', messages: null }],
      ['/api/embed', { keep_alive: 0, input: '' }],
      ['/api/embed', { keep_alive: 0, input: [] }],
    ])('%s %j', async (path, body) => {
      expect((await post(path, { model: 'good', ...body }, free.key)).status).toBe(403)
      untouched()
      await post(path, { model: 'good', ...body }, admin.key)
      expect(stack.upstream.requests).toBe(1)
    })

    it('a request with a prompt is not', async () => {
      const chat = {
        model: 'good',
        keep_alive: 0,
        messages: [{ role: 'user', content: 'x' }],
        stream: false,
      }
      expect((await post('/api/chat', chat, free.key)).status).toBe(200)
    })
  })

  describe('limits of one request', () => {
    it.each([
      [{ keep_alive: -1 }, 'keep_alive'],
      [{ keep_alive: '11m' }, 'keep_alive'],
      [{ keep_alive: '-1m' }, 'keep_alive'],
      [{ keep_alive: 'for ever' }, 'keep_alive'],
      [{ options: { num_ctx: 100_000 } }, 'num_ctx'],
      [{ options: { num_ctx: '100000' } }, 'num_ctx'],
      [{ options: { num_predict: 101 } }, 'output tokens'],
      [{ messages: [{ role: 'user', images: ['A'.repeat(2_000)] }] }, 'image'],
    ])('%j is refused with its cause', async (body, word) => {
      const answer = await post('/api/chat', { model: 'good', ...body }, capped.key)
      expect([answer.status, JSON.parse(answer.text).error]).toEqual([
        expect.toSatisfy((status: number) => status === 403 || status === 413),
        expect.stringContaining(word),
      ])
      untouched()
    })

    it('an image by URL is refused, since its size is unknown', async () => {
      for (const url of [
        'https://x.example/a.png',
        '\\u0068ttp://x.example/a',
        ' FILE:///etc/passwd',
      ]) {
        const part = `{"type":"image_url","image_url":{"url":"${url}"}}`
        const body = `{"model":"good","messages":[{"role":"user","content":[${part}]}]}`
        expect([url, (await postText('/v1/chat/completions', body, capped.key)).status]).toEqual([
          url,
          413,
        ])
      }
      untouched()
    })

    it('output without a bound gets one', async () => {
      await post('/api/chat', { model: 'good', stream: false }, capped.key)
      await post('/v1/chat/completions', { model: 'good' }, capped.key)
      await post(
        '/api/chat',
        { model: 'good', stream: false, options: { num_predict: -1 } },
        capped.key,
      )
      expect(sent()).toEqual([
        '{"model":"good","stream":false,"options":{"num_predict":100}}',
        '{"model":"good","max_tokens":100}',
        '{"model":"good","stream":false,"options":{"num_predict":100}}',
      ])
    })
  })

  describe('LiteLLM takes models and addresses from many places', () => {
    it.each([
      [{ model: 'good,bad' }, 404],
      [{ model: ['good', 'bad'] }, 404],
      [{ model: [] }, 404],
      [{ model: 'good', fallbacks: ['bad'] }, 400],
      [{ model: 'good', target_model_names: 'bad' }, 400],
      [{ model: 'good', completion: { model: 'bad' } }, 400],
      [{ model: 'good', api_base: 'http://evil.example' }, 400],
      [{ model: 'good', API_BASE: 'http://evil.example' }, 400],
      [{ model: 'good', user_config: {} }, 400],
      [{ model: 'good', mock_response: 'x' }, 400],
      [{ model: 'good', metadata: { api_base: 'x' } }, 400],
      [{ model: 'good', metadata: '{"api_base":"x"}' }, 400],
      [{ model: 'good', litellm_metadata: {} }, 400],
      [{ Model: 'good' }, 404],
      [{}, 404],
    ])('%j is answered with %i', async (body, status) => {
      expect((await post('/litellm/v1/chat/completions', body)).status).toBe(status)
      untouched()
    })

    it.each([
      '/litellm/engines/bad/chat/completions',
      '/litellm/openai/deployments/bad/chat/completions',
      '/litellm/v1beta/models/bad:generateContent',
      '/litellm/models/good/bad:streamGenerateContent',
      '/litellm/v1/messages/count_tokens',
    ])('%s has its model in a place of its own', async (path) => {
      const answer = await post(path, path.endsWith('count_tokens') ? { model: 'bad' } : {})
      const code = path.includes(':') ? 404 : 'model_not_found'
      expect([answer.status, codeOf(answer)]).toEqual([404, code])
      untouched()
    })

    it('the model of a path does not hide another in the body', async () => {
      const path = '/litellm/openai/deployments/good/chat/completions'
      expect((await post(path, { model: 'bad' })).status).toBe(404)
      untouched()
      await post(path, { model: 'good' })
      expect(other.requests).toBe(1)
    })

    it('nothing of it reaches the upstream as a field', async () => {
      other.behave({ status: 200, body: '{}' })
      const headers = { 'x-litellm-model': 'bad', 'x-litellm-api-base': 'http://evil.example' }
      await post('/litellm/v1/chat/completions', { model: 'good' }, limited.key, { headers })
      const names = Object.keys(other.received[0]?.headers ?? {})
      expect(names.filter((name) => /litellm|authorization|api-key/.test(name))).toEqual([])
    })
  })

  describe('an unlisted endpoint is 404 in the form of its clients, and reaches nobody', () => {
    it.each([
      ['/api/nothing', 'text'],
      ['/v1/nothing', 'object'],
      ['/litellm/nothing', 'object'],
      ['/litellm/key/generate', 'object'],
      ['/litellm/openai/v1/chat/completions', 'object'],
      ['/litellm/llama/upstream/m/v1/chat/completions', 'object'],
      ['/litellm/llama/logs', 'object'],
      ['/litellm/vllm/invocations', 'object'],
      ['/litellm/vllm/collective_rpc', 'object'],
      ['/litellm/speech/debug/threads', 'object'],
      ['/litellm/speech/v1/download/a.mp3', 'object'],
    ])('%s', async (path, form) => {
      for (const method of ['GET', 'POST', 'DELETE'] as const) {
        const answer = await stack.send(path, { method, key: admin.key })
        const { error } = JSON.parse(answer.text)
        expect([answer.status, typeof error === 'string' ? 'text' : typeof error]).toEqual([
          404,
          form,
        ])
      }
      untouched()
    })

    it.each([
      ['GET', '/litellm/llama/slots'],
      ['GET', '/litellm/llama/unload'],
      ['POST', '/litellm/speech/dev/unload'],
    ])('%s %s is administration', async (method, path) => {
      expect((await stack.send(path, { method, key: free.key })).status).toBe(403)
      untouched()
    })
  })

  describe('a list of models names the caller’s own', () => {
    const entries = ['good:latest', 'llama3.2:1b', 'bad:latest', 'x:cloud']
    const tags = { models: entries.map((name) => ({ name, model: name, size: 1, digest: 'abc' })) }
    const openai = { object: 'list', data: entries.map((id) => ({ id, object: 'model' })) }
    const answerWith = (value: unknown, fields = {}) => {
      const text = typeof value === 'string' ? value : JSON.stringify(value)
      const type = { 'Content-Type': 'application/json', ETag: '"abc"', ...fields }
      const both = { status: 200, body: text, extraFields: type }
      stack.upstream.behave(both)
      other.behave(both)
    }
    const namesOf = ({ text }: Answer) => {
      const { models = [], data = [] } = JSON.parse(text)
      return [...models, ...data].map((entry) => entry.name ?? entry.id)
    }

    it.each([
      ['/api/tags', tags],
      ['/api/ps', tags],
      ['/v1/models', openai],
      ['/ollama/v1/models', openai],
    ])('%s', async (path, list) => {
      answerWith(list)
      const seen = async (key: string) => namesOf(await stack.send(path, { key }))
      expect(await seen(limited.key)).toEqual(['good:latest', 'llama3.2:1b'])
      expect(await seen(reader.key)).toEqual(['good:latest'])
      expect(await seen(free.key)).toEqual(['good:latest', 'llama3.2:1b', 'bad:latest'])
      expect(await seen(cloud.key)).toEqual(entries)
    })

    it('also of LiteLLM and llama.cpp, which has two lists in one', async () => {
      answerWith({ ...openai, data: ['good', 'bad'].map((id) => ({ id })) })
      expect(namesOf(await stack.send('/litellm/v1/models', { key: limited.key }))).toEqual([
        'good',
      ])
      answerWith({
        models: [{ name: 'good' }, { name: 'bad' }],
        data: [{ id: 'good' }, { id: 'bad' }],
      })
      expect(namesOf(await stack.send('/litellm/llama/v1/models', { key: limited.key }))).toEqual([
        'good',
        'good',
      ])
    })

    it('with a length and a tag of its own, or none', async () => {
      answerWith(tags)
      const { headers, text } = await stack.send('/api/tags', { key: limited.key })
      expect(headers['etag']).toBeUndefined()
      expect(Number(headers['content-length'] ?? text.length)).toBe(text.length)
      const head = await stack.send('/api/tags', { key: limited.key, method: 'HEAD' })
      expect([head.status, head.headers['etag'], head.text]).toEqual([200, undefined, ''])
      expect(head.headers['content-length']).not.toBe(String(JSON.stringify(tags).length))
    })

    it.each([
      ...['', 'no JSON', '[]', '{}', '{"models":{}}', '{"models":["bad"]}', '{"data":[1]}', 'null'],
      ...[
        '{"models":[{"name":"good"}],"data":"bad"}',
        `{"models":[${'{"name":"bad"},'.repeat(10)}`,
      ],
      `{"models":[],"x":"${'x'.repeat(9_000_000)}"}`,
    ])('one that cannot be read is not forwarded (%#)', async (body) => {
      answerWith(body)
      const answer = await stack.send('/api/tags', { key: limited.key })
      expect([answer.status, answer.text.includes('bad')]).toEqual([502, false])
      await waitUntil(() => stack.gatekeeper.output().includes('upstream-unreadable'), {
        ...{ limitMs: 20_000, describe: stack.gatekeeper.output },
      })
    })

    it('one in a coding that we did not ask for is not forwarded', async () => {
      stack.upstream.behave({
        answer: (response) => {
          response.setHeader('Content-Encoding', 'gzip')
          response.end(gzipSync(JSON.stringify(tags)))
        },
      })
      expect((await stack.send('/api/tags', { key: limited.key })).status).toBe(502)
    })

    it('an error of the model server is forwarded unchanged', async () => {
      stack.upstream.behave({ status: 500, body: '{"error":"oops"}' })
      const answer = await stack.send('/api/tags', { key: limited.key })
      expect([answer.status, answer.text]).toEqual([500, '{"error":"oops"}'])
    })

    it('a single model is shown only to callers that may use it', async () => {
      const show = (name: string) => stack.send(`/v1/models/${name}`, { key: limited.key })
      expect((await show('bad')).status).toBe(404)
      untouched()
      expect((await show('good')).status).toBe(200)
    })
  })
})
