/**
 * Known facts of model servers and their clients beyond ways around a policy, and of gateways
 * in front of them: the rest of the facts that begin in `endpoint-lessons`.
 */
import { renameSync, writeFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type FaultyUpstream, startFaultyUpstream } from '../../../scripts/demo/faults.ts'
import { readGatewayFile } from '../../src/config/gateway-file.ts'
import { readSettings } from '../../src/config/read-settings.ts'
import { waitUntil } from '../support/child.ts'
import { aField, aFile, formOf, formType } from '../support/forms.ts'
import { keyFileText, makeKey } from '../support/keys.ts'
import { type Answer, type Stack, startStack, testCaddy } from '../support/stack.ts'

const services = ['ollama', 'litellm', 'brisk', 'vllm']
const ada = makeKey({ services })
const bob = makeKey({ user: 'bob', services })
const admin = makeKey({ services, role: 'admin' })
const local = makeKey({ services, cloudModels: false })
const held = makeKey({ services, models: ['good'] })
const spent = makeKey({ services, limits: ['1/day'] })
const unseen = ['1k-tokens/day', '5usd/month', '2-concurrent', '10k-prompt-bytes'].map((limit) => ({
  ...{ limit, key: makeKey({ services, limits: [limit] }) },
}))
const known = [ada, bob, admin, local, held, spent, ...unseen.map(({ key }) => key)]

const config = (url: string) => `version: 1
services:
  ollama:
    kind: ollama
    routes: [{prefix: /api}, {prefix: /v1}, {prefix: /chat, strip: true, mode: check}]
  litellm: {kind: openai, upstream: {url: "${url}"}, routes: [{prefix: /litellm, strip: true}]}
  vllm: {kind: vllm, upstream: {url: "${url}"}, routes: [{prefix: /litellm/vllm, strip: true}]}
  brisk:
    kind: ollama
    upstream: {url: "${url}"}
    timeouts: {headersSeconds: 1, idleSeconds: 1}
    routes: [{prefix: /litellm/brisk, strip: true}]
`
const chat = { model: 'good', messages: [{ role: 'user', content: 'hello' }], stream: false }

describe.skipIf(testCaddy === null)('known attacks on model servers', () => {
  let stack: Stack
  let other: FaultyUpstream
  beforeAll(async () => {
    other = await startFaultyUpstream()
    stack = await startStack({ keys: known, config: config(other.url) })
  })
  beforeEach(() => {
    for (const upstream of [other, stack.upstream]) {
      upstream.reset()
      upstream.behave({ status: 200, body: '{}' })
    }
  })
  afterAll(async () => {
    await stack?.stop()
    await other?.close()
  })

  const post = (path: string, json: unknown, key = ada.key) => stack.send(path, { json, key })
  const until = (isDone: () => boolean | Promise<boolean>) =>
    waitUntil(isDone, { limitMs: 20_000, describe: stack.gatekeeper.output })
  const untouched = () => expect(stack.upstream.requests + other.requests).toBe(0)
  const errorOf = ({ text }: Answer) => JSON.parse(text).error

  it.each(unseen)(
    'fact 1: a check counts no $limit, so such a key is refused there',
    async (row) => {
      expect((await post('/chat/api/chat', chat, row.key.key)).status).toBe(403)
      untouched()
    },
  )

  it('fact 2: a redirect of the upstream, which cleans paths so, is not followed', async () => {
    stack.upstream.behave({ redirectTo: '/api/delete' })
    expect((await post('/api/chat', chat)).status).toBe(307)
    expect(stack.upstream.requests).toBe(1)
  })

  it.each([
    ['in the query', '?model=bad', ['good'], 400],
    ['twice', '', ['good', 'bad'], 400],
    ['nowhere', '', [], 404],
  ])(
    'fact 4: a form with a model %s is refused for a model server',
    async (_, query, models, status) => {
      const answer = await stack.send(`/v1/audio/transcriptions${query}`, {
        ...{ method: 'POST', key: held.key, headers: { 'content-type': formType } },
        body: formOf(...models.map((model) => aField('model', model)), aFile('sound')),
      })
      expect(answer.status).toBe(status)
      expect(stack.upstream.received.filter(({ isComplete }) => isComplete)).toEqual([])
    },
  )

  it('fact 5: the caller’s credential is not forwarded, since Ollama would send it to its vendor', async () => {
    const headers = { 'x-api-key': ada.key, cookie: `k=${ada.key}` }
    await stack.send('/api/chat', { json: chat, key: ada.key, headers })
    expect(stack.upstream.requests).toBe(1)
    expect(JSON.stringify(stack.upstream.received[0]?.headers)).not.toContain(ada.key)
  })

  it('fact 6: Ollama does not authenticate, so we do', async () => {
    for (const path of ['/api/tags', '/api/chat', '/v1/models', '/chat/api/tags']) {
      expect([path, (await stack.send(path)).status]).toEqual([path, 401])
    }
    untouched()
  })

  it('fact 8: a spent quota tells every client to stop, each in its own way', async () => {
    await post('/v1/chat/completions', chat, spent.key)
    const answer = await post('/v1/chat/completions', chat, spent.key)
    expect([answer.status, answer.headers['x-should-retry'], errorOf(answer).code]).toEqual([
      ...[429, 'false', 'insufficient_quota'],
    ])
    // Programs of this form sleep through hours, and show nothing meanwhile; Ollama's do not.
    expect(answer.headers).not.toHaveProperty('retry-after')
    expect(answer.headers).not.toHaveProperty('retry-after-ms')
    expect(answer.headers['ratelimit']).toMatch(/;r=0;t=\d+/)
    const native = await post('/api/chat', chat, spent.key)
    expect([native.status, Number(native.headers['retry-after']) > 0]).toEqual([429, true])
  })

  describe('fact 9: a model that loads is silent for longer than HTTP libraries wait', () => {
    it('by default it may be silent for longer than the 300 s of undici', () => {
      const readFile = () => {
        throw new Error('nothing else is read')
      }
      const place = { env: {}, folder: '/srv', platform: 'linux', readFile } as const
      const { settings } = readSettings(place)
      const text = 'version: 1\nservices: {ollama: {kind: ollama, routes: [{prefix: /api}]}}\n'
      const [service] = readGatewayFile(text, '/srv/gatekeeper.yaml', {
        settings,
        readFile,
      }).services
      expect(service?.timeouts.headersSeconds).toBeGreaterThan(300)
      expect(service?.timeouts.idleSeconds).toBeGreaterThan(300)
    })

    it('the limit of the service applies, before the answer and within it', async () => {
      const slow = { answerAfterMs: 2_500, status: 200, body: '{}' }
      stack.upstream.behave(slow)
      other.behave(slow)
      const brisk = await post('/litellm/brisk/api/chat', chat)
      expect([(await post('/api/chat', chat)).status, brisk.status]).toEqual([200, 504])
      const halting = (response: ServerResponse) => {
        response.writeHead(200, { 'content-type': 'application/x-ndjson' }).write('{"part":1}\n')
        setTimeout(() => response.end('{"done":true}\n'), 2_500)
      }
      stack.upstream.behave({ answer: halting })
      other.behave({ answer: halting })
      expect((await post('/api/chat', chat)).text).toBe('{"part":1}\n{"done":true}\n')
      await expect(post('/litellm/brisk/api/chat', chat)).rejects.toThrow()
    })

    it('and a client that disconnects meanwhile ends the loading', async () => {
      stack.upstream.behave({ neverAnswer: true })
      const left = new AbortController()
      const answer = stack.dispatcher.request({
        ...{ origin: stack.url, path: '/api/chat', method: 'POST', signal: left.signal },
        headers: { authorization: `Bearer ${ada.key}`, 'content-type': 'application/json' },
        body: JSON.stringify(chat),
      })
      answer.catch(() => {})
      await until(() => stack.upstream.requests === 1)
      left.abort()
      await expect(answer).rejects.toThrow()
      await until(() => stack.upstream.aborted === 1)
    })
  })

  describe('fact 10: one file of keys, reloaded at run time', () => {
    const late = makeKey({ user: 'late', services, models: ['good'], limits: ['2-concurrent'] })
    const counted = makeKey({ user: 'counted', services, limits: ['1000-tokens/day'] })
    const flooding = makeKey({ user: 'flooding', services, limits: ['9-concurrent'] })
    const seldom = makeKey({ user: 'seldom', services, limits: ['9-concurrent'] })
    const usedBy = async (key: string) =>
      JSON.parse((await stack.send('/status', { key })).text).limits[0].used as number
    const waiting: ServerResponse[] = []
    const hold = () => stack.upstream.behave({ answer: (response) => void waiting.push(response) })
    beforeAll(async () => {
      const text = keyFileText([...known, late, counted, flooding, seldom])
      writeFileSync(`${stack.keysFile}.new`, text)
      renameSync(`${stack.keysFile}.new`, stack.keysFile)
      for (const { key } of [late, counted, flooding, seldom]) {
        await until(async () => (await stack.send('/status', { key })).status === 200)
      }
    })

    it('gives keys their models', async () => {
      expect((await post('/api/chat', chat, late.key)).status).toBe(200)
      expect((await post('/api/chat', { ...chat, model: 'bad' }, late.key)).status).toBe(404)
      expect(stack.upstream.requests).toBe(1)
    })

    it('limits the concurrent requests of a key', async () => {
      hold()
      const asked = Array.from({ length: 5 }, () => post('/api/chat', chat, late.key))
      const refused: number[] = []
      for (const each of asked)
        void each.then(({ status }) => status !== 200 && refused.push(status))
      await until(() => refused.length === 3)
      expect(refused).toEqual([429, 429, 429])
      await giveAll(asked)
    })

    it('lets keys take turns at one model, even if one asks more', async () => {
      hold()
      const flood = Array.from({ length: 6 }, () => post('/api/chat', chat, flooding.key))
      // A waiting request counts as running.
      await until(async () => (await usedBy(flooding.key)) === 6)
      const single = post('/api/chat', chat, seldom.key)
      await until(async () => (await usedBy(seldom.key)) === 1)
      expect(waiting).toHaveLength(1)
      await giveAll([...flood, single])
      const users = stack.upstream.received.map(({ headers }) => headers['x-gatekeeper-user']?.[0])
      expect(users).toHaveLength(7)
      // One after the other it would be the seventh.
      expect(users.indexOf('seldom')).toBeLessThanOrEqual(4)
    })

    it('counts tokens as the model server reports them, and limits keys to them', async () => {
      const body = '{"model":"good","done":true,"prompt_eval_count":600,"eval_count":500}'
      const json = { 'content-type': 'application/json' }
      stack.upstream.behave({ status: 200, body, extraFields: json })
      expect((await post('/api/chat', chat, counted.key)).status).toBe(200)
      await until(async () => (await usedBy(counted.key)) === 1_100)
      expect((await post('/api/chat', chat, counted.key)).status).toBe(429)
      expect(stack.upstream.requests).toBe(1)
    })

    /** Answers every request until all have their answer. */
    async function giveAll(asked: readonly Promise<Answer>[]): Promise<void> {
      let isDone = false
      const all = Promise.all(asked).finally(() => {
        isDone = true
      })
      while (!isDone) {
        waiting.shift()?.end('{"done":true}')
        await sleep(20)
      }
      await all
    }
  })

  describe('a cloud model is named in the body, which a check does not see', () => {
    const cloud = { ...chat, model: 'gpt-oss:120b-cloud' }
    it('so a key without cloud models is refused on the check route, and nothing else is', async () => {
      expect((await post('/chat/api/chat', cloud, local.key)).status).toBe(403)
      expect((await post('/chat/api/chat', chat, local.key)).status).toBe(403)
      untouched()
      expect((await post('/api/chat', chat, local.key)).status).toBe(200)
    })

    it('and a key without a setting is refused on the relay; on the check route Ollama has to refuse', async () => {
      expect((await post('/api/chat', cloud)).status).toBe(404)
      untouched()
      expect((await post('/chat/api/chat', cloud)).status).toBe(200)
    })
  })

  describe('a model server stores answers by id and knows no owner', () => {
    const stored = [
      { previous_response_id: 'resp_of_bob' },
      { conversation: 'conv_of_bob' },
      { conversation: { id: 'conv_of_bob' } },
      { input: [{ type: 'item_reference', id: 'msg_of_bob' }] },
      { input: [{ id: 'msg_of_bob' }] },
      { background: true },
    ]
    const paths = ['/v1/responses', '/litellm/v1/responses', '/litellm/responses']

    it.each(stored)('so no caller can continue the answer of another with %j', async (members) => {
      for (const path of [...paths, '/litellm/vllm/v1/responses']) {
        const answer = await post(path, { model: 'good', input: 'and then?', ...members })
        expect([
          path,
          answer.status,
          errorOf(answer).code,
          answer.headers['x-should-retry'],
        ]).toEqual([path, 403, 'stored_response_not_allowed', 'false'])
      }
      untouched()
    })

    it('nor with an endpoint of LiteLLM that forwards the id', async () => {
      const body = { ...chat, previous_response_id: 'resp_of_bob' }
      expect((await post('/litellm/v1/chat/completions', body)).status).toBe(403)
      untouched()
    })

    it.each([
      ['GET', '/litellm/v1/responses/resp_of_bob'],
      ['DELETE', '/litellm/v1/responses/resp_of_bob'],
      ['GET', '/litellm/responses/resp_of_bob/input_items'],
      ['POST', '/litellm/responses/resp_of_bob/cancel'],
    ])('nor with %s %s', async (method, path) => {
      expect((await stack.send(path, { method, key: ada.key })).status).toBe(403)
      untouched()
    })

    describe('but a key can continue its own answer', () => {
      const event = (type: string, id: string) =>
        `event: ${type}\ndata: ${JSON.stringify({ type, response: { id, model: 'good' } })}\n\n`
      const next = (id: string, key: string, path = '/litellm/v1/responses') =>
        post(path, { model: 'good', input: 'and then?', previous_response_id: id }, key)
      const statusesOf = async (id: string) => {
        const asked = [ada, bob].map(async ({ key }) => (await next(id, key)).status)
        return await Promise.all(asked)
      }

      it('whole or streamed; no other key can, and it cannot at another service', async () => {
        const json = { 'content-type': 'application/json' }
        other.behave({ status: 200, body: '{"id":"resp_whole"}', extraFields: json })
        expect((await post('/litellm/v1/responses', { model: 'good', input: 'x' })).status).toBe(
          200,
        )
        const body = event('response.created', 'resp_sse') + event('response.completed', 'resp_sse')
        const sse = { 'content-type': 'text/event-stream' }
        other.behave({ status: 200, body, extraFields: sse })
        await post('/litellm/responses', { model: 'good', input: 'x', stream: true })
        other.behave({ status: 200, body: '{}' })
        expect(await statusesOf('resp_whole')).toEqual([200, 403])
        expect(await statusesOf('resp_sse')).toEqual([200, 403])
        expect((await next('resp_whole', ada.key, '/litellm/vllm/v1/responses')).status).toBe(403)
      })

      it('whose id no other caller can claim by naming it', async () => {
        const json = { 'content-type': 'application/json' }
        // Providers echo the request in this way.
        const echo = {
          previous_response_id: 'resp_ada',
          metadata: { id: 'resp_ada' },
          id: 'resp_b',
        }
        other.behave({ status: 200, body: JSON.stringify(echo), extraFields: json })
        const asked = { model: 'good', input: 'x', metadata: { id: 'resp_ada' } }
        expect((await post('/litellm/v1/responses', asked, bob.key)).status).toBe(200)
        expect(await statusesOf('resp_ada')).toEqual([403, 403])
        expect(await statusesOf('resp_b')).toEqual([403, 200])
      })
    })

    describe('but a key can refer to items that it received itself', () => {
      const json = { 'content-type': 'application/json' }
      const event = (type: string, rest: object) =>
        `event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`
      const path = '/litellm/v1/responses'
      /** The second step of an agent's loop. */
      const next = (ids: readonly string[], key: string, at = path) => {
        const references = ids.map((id) => ({ type: 'item_reference', id }))
        const output = { type: 'function_call_output', call_id: 'call_1', output: 'sunny' }
        return post(at, { model: 'good', input: [...references, output] }, key)
      }
      const statusesOf = async (...ids: readonly string[]) => {
        const asked = [ada, bob].map(async ({ key }) => (await next(ids, key)).status)
        return await Promise.all(asked)
      }

      it('whole or streamed; no other key can, and it cannot at another service', async () => {
        const output = [
          { type: 'reasoning', id: 'rs_whole', summary: [] },
          { type: 'function_call', id: 'fc_whole', call_id: 'call_1', name: 'w', arguments: '{}' },
        ]
        const whole = JSON.stringify({ id: 'resp_items', output })
        other.behave({ status: 200, body: whole, extraFields: json })
        await post(path, { model: 'good', input: 'x' })
        const body =
          event('response.output_item.added', { item: { id: 'rs_sse', type: 'reasoning' } }) +
          event('response.output_item.done', { item: { id: 'fc_sse', type: 'function_call' } }) +
          event('response.completed', { response: { output: [{ id: 'msg_sse' }] } })
        const extraFields = { 'content-type': 'text/event-stream' }
        other.behave({ status: 200, body, extraFields })
        await post(path, { model: 'good', input: 'x', stream: true })
        other.behave({ status: 200, body: '{}' })
        expect(await statusesOf('rs_whole', 'fc_whole')).toEqual([200, 403])
        expect(await statusesOf('rs_sse', 'fc_sse', 'msg_sse')).toEqual([200, 403])
        expect(await statusesOf('rs_whole', 'fc_of_bob')).toEqual([403, 403])
        // An item of one model server does not exist at another.
        expect((await next(['fc_whole'], ada.key, '/litellm/vllm/v1/responses')).status).toBe(403)
        expect(await statusesOf('resp_items')).toEqual([403, 403])
        const refused = await Promise.all(['rs_whole', 'rs_none'].map((id) => next([id], bob.key)))
        expect(new Set(refused.map((answer) => errorOf(answer).message)).size).toBe(1)
      })

      it('and no number of ids gives access to those of another, or fills the memory', async () => {
        const output = Array.from({ length: 100_000 }, (_, n) => ({ id: `fc_flood_${n}` }))
        other.behave({ status: 200, body: JSON.stringify({ output }), extraFields: json })
        await post(path, { model: 'good', input: 'x' })
        other.behave({ status: 200, body: '{}' })
        expect(await statusesOf('fc_flood_0')).toEqual([200, 403])
        // Beyond the items kept for one answer.
        expect(await statusesOf('fc_flood_99999')).toEqual([403, 403])
      })
    })

    it('a caller that sends the whole conversation needs no id; an admin may use them', async () => {
      const input = [
        { role: 'user', content: 'hello' },
        { type: 'message', id: 'msg_1', role: 'assistant', content: 'hi' },
        { role: 'user', content: 'and then?' },
      ]
      const whole = { model: 'good', input, store: true, previous_response_id: null }
      expect((await post('/litellm/v1/responses', whole)).status).toBe(200)
      const next = { model: 'good', input: 'and then?', previous_response_id: 'resp_1' }
      expect((await post('/litellm/v1/responses', next, admin.key)).status).toBe(200)
    })
  })
})
