import { writeFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import Anthropic from '@anthropic-ai/sdk'
import { Ollama } from 'ollama'
import OpenAI from 'openai'
import { Agent } from 'undici'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type FaultyUpstream, startFaultyUpstream } from '../../../scripts/demo/faults.ts'
import { waitUntil } from '../support/child.ts'
import { keyFileText, makeKey, type TestKey } from '../support/keys.ts'
import { type Answer, type Stack, startStack, testCaddy } from '../support/stack.ts'
import { countCalls } from './support/client-calls.ts'

const chat = { model: 'demo', messages: [{ role: 'user', content: 'hello' }], stream: false }

/** Each test has its own keys, so that no test uses the limits of another. */
const withLimits = (...limits: string[]) =>
  makeKey({ user: `user-${serial++}`, services: ['ollama', 'priced'], limits })
let serial = 0

const configFor = (url: string) => `version: 1
timeZone: Pacific/Kiritimati
users:
  shared: {limits: [3/day]}
roles:
  admin: {limits: [2/day], capOutput: true}
services:
  ollama:
    kind: ollama
    slots: unlimited
    routes: [{prefix: /api}, {prefix: /v1}, {prefix: /ollama, strip: true}, {prefix: /chat, strip: true, mode: check}]
  priced:
    kind: openai
    upstream: {url: "${url}"}
    slots: unlimited
    limits: [40/lifetime]
    routes: [{prefix: /litellm, strip: true}]
    prices: {demo: {inputUsdPerMillion: 10, outputUsdPerMillion: 100}}
`

type Limit = {
  limit: string
  scope: string
  unit: string
  used: number
  remaining: number
  resetAt: string | null
}

describe.skipIf(testCaddy === null)('limits', () => {
  let stack: Stack
  let priced: FaultyUpstream
  const keys: TestKey[] = []
  const key = (made: TestKey) => {
    keys.push(made)
    return made
  }
  const perMinute = { relay: key(withLimits('10/min')), check: key(withLimits('10/min')) }
  const perDay = key(withLimits('10/day'))
  const mixed = key(withLimits('5/day', '1-concurrent', '100k-tokens/day'))
  const tokens = key(withLimits('120-tokens/day'))
  const money = key(makeKey({ user: 'money', services: ['priced'], limits: ['0.005usd/month'] }))
  const cutting = key(makeKey({ user: 'cutting', role: 'admin', limits: ['40-tokens/day'] }))
  const streams = key(withLimits('2-concurrent', '10k-tokens/day'))
  const prompts = key(withLimits('200-prompt-bytes', '7-output-tokens'))
  const capped = key(withLimits('1-stream-seconds'))
  const clients = {
    rate: key(withLimits('1/hour')),
    soon: key(withLimits('60/min burst 1')),
    quota: key(withLimits('1/day')),
  }
  const narrow = {
    running: key(withLimits('1-concurrent')),
    large: key(withLimits('50-prompt-bytes')),
  }
  const sharing = [key(makeKey({ user: 'shared' })), key(makeKey({ user: 'shared' }))]
  const ofRole = [key(makeKey({ role: 'admin' })), key(makeKey({ role: 'admin' }))]
  const page = key(withLimits('60/min'))
  const free = key(makeKey({ user: 'free' }))

  beforeAll(async () => {
    priced = await startFaultyUpstream()
    stack = await startStack({ keys, config: configFor(priced.url) })
  })
  afterEach(() => stack.upstream.reset())
  afterAll(async () => {
    await stack?.stop()
    await priced?.close()
  })

  const ask = (by: TestKey, json: object = chat, path = '/api/chat') =>
    stack.send(path, { key: by.key, json })
  const statusOf = async (by: TestKey): Promise<Limit[]> =>
    JSON.parse((await stack.send('/status', { key: by.key })).text).limits
  const bodyOf = (answer: Answer) => JSON.parse(answer.text)
  const until = (isTrue: () => boolean | Promise<boolean>) =>
    waitUntil(isTrue, {
      ...{ limitMs: 30_000, child: stack.gatekeeper, describe: stack.gatekeeper.output },
    })
  /** Waits until all running requests are settled. */
  const settled = (by: TestKey) =>
    until(async () =>
      (await statusOf(by)).every(({ limit, used }) => !limit.endsWith('concurrent') || used === 0),
    )

  describe('500 requests at once at a limit of 10 are 10 at the service', () => {
    const flood = async (path: string, by: TestKey) => {
      const dispatcher = new Agent({ connect: { ca: stack.ca }, connections: 50, allowH2: false })
      const headers = {
        authorization: `Bearer ${by.key}`,
        'content-type': 'application/json',
      }
      const one = async () => {
        const { statusCode, body } = await dispatcher.request({
          ...{ origin: stack.url, path, method: 'POST', headers, body: JSON.stringify(chat) },
        })
        await body.dump()
        return statusCode
      }
      const statuses = await Promise.all(Array.from({ length: 500 }, one))
      await dispatcher.destroy()
      return statuses
    }

    it.each([
      ['a rate on the relay', '/api/chat', perMinute.relay],
      ['a rate at the check', '/chat/api/chat', perMinute.check],
      ['a quota on the relay', '/api/chat', perDay],
    ])('%s', async (_, path, by) => {
      const startedAt = performance.now()
      const statuses = await flood(path, by)
      const passed = statuses.filter((status) => status === 200).length
      // A rate of 10 a minute allows one more every six seconds.
      const drained = Math.floor((performance.now() - startedAt) / 6_000)
      expect(passed).toBeGreaterThanOrEqual(10)
      expect(passed).toBeLessThanOrEqual(10 + (by === perDay ? 0 : drained))
      expect(statuses.filter((status) => status === 429).length).toBe(500 - passed)
      expect(stack.upstream.requests).toBe(passed)
    })
  })

  describe('answers state the limits', () => {
    it.each([
      ['/api/chat', perMinute.relay],
      ['/chat/api/chat', perMinute.check],
    ])('a refusal, at both points: %s', async (path, by) => {
      let answer = await ask(by, chat, path)
      // Time passes between the tests, and rates recover.
      while (answer.status === 200) answer = await ask(by, chat, path)
      expect(answer.status).toBe(429)
      expect(answer.headers).toMatchObject({
        'ratelimit-policy': '"key 10/min";q=10;w=60',
        ratelimit: expect.stringMatching(/^"key 10\/min";r=0;t=\d+$/),
        'x-ratelimit-limit-requests': '10',
        'x-ratelimit-remaining-requests': '0',
        'x-ratelimit-reset-requests': expect.stringMatching(/^(?:\dm)?\d+s$/),
        'retry-after': expect.stringMatching(/^[1-6]$/),
        'retry-after-ms': expect.stringMatching(/^\d{1,4}$/),
        'cache-control': 'no-store',
      })
      expect(answer.headers).not.toHaveProperty('x-should-retry')
      expect(bodyOf(answer)).toEqual({ error: expect.stringMatching(/too many requests/i) })
    })

    it('an answer on the relay', async () => {
      const answer = await ask(mixed)
      expect(answer.status).toBe(200)
      expect(answer.headers['ratelimit-policy']).toBe(
        '"key 5/day";q=5;w=86400, "key 100k-tokens/day";q=100000;w=86400;qu="tokens"',
      )
      expect(answer.headers['ratelimit']).toMatch(
        /^"key 5\/day";r=4;t=\d+, "key 100k-tokens\/day";r=\d+;t=\d+$/,
      )
      expect(answer.headers['x-ratelimit-remaining-requests']).toBe('4')
      expect(Number(answer.headers['x-ratelimit-remaining-tokens'])).toBeLessThan(100_000)
    })

    it('nothing without limits', async () => {
      const { headers } = await ask(free)
      expect(Object.keys(headers).filter((name) => name.includes('ratelimit'))).toEqual([])
    })

    it('a quota states its renewal in its own time zone, and that a retry is useless', async () => {
      const answer = await ask(perDay)
      expect(answer.status).toBe(429)
      const [limit] = await statusOf(perDay)
      // The zone of the test is 14 hours before UTC.
      expect(limit?.resetAt).toMatch(/T10:00:00\.000Z$/)
      const waitMs = Date.parse(limit?.resetAt ?? '') - Date.now()
      expect(Math.abs(Number(answer.headers['retry-after']) - waitMs / 1000)).toBeLessThan(60)
      expect(answer.headers['x-should-retry']).toBe('false')
    })
  })

  it('GET /status shows what is left of each limit, and is not charged', async () => {
    for (let time = 0; time < 3; time++) {
      expect(await statusOf(perDay)).toEqual([
        {
          ...{ limit: '10/day', scope: 'key', unit: 'requests', amount: 10, used: 10 },
          ...{ remaining: 0, resetAt: expect.any(String) },
        },
        {
          ...{ limit: '40/lifetime', scope: 'service', service: 'priced', unit: 'requests' },
          ...{ amount: 40, used: expect.any(Number), remaining: expect.any(Number), resetAt: null },
        },
      ])
    }
  })

  it('limits of a user are shared by its keys, those of a role apply to each key', async () => {
    const ofUser = [0, 1, 0, 1, 0].map((at) => ask(sharing[at] as TestKey))
    const statuses = (await Promise.all(ofUser)).map(({ status }) => status)
    expect(statuses.filter((status) => status === 200)).toHaveLength(3)
    for (const one of ofRole) {
      const tries = [1, 2, 3].map(() => ask(one))
      const answers = await Promise.all(tries)
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 429])
    }
  })

  it('a page of 300 files opens with a key of 60/min, and uses are counted', async () => {
    const answers = await Promise.all(
      Array.from({ length: 300 }, () => stack.send('/api/tags', { key: page.key })),
    )
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    expect(answers[0]?.headers['ratelimit-policy']).toBe(
      '"key 60/min";q=60;w=60, "reads 2k/min";q=2000;w=60',
    )
    expect((await ask(page)).status).toBe(200)
    const status = JSON.parse((await stack.send('/status', { key: page.key })).text)
    expect(status.limits[0]).toMatchObject({ limit: '60/min', used: 1 })
    expect(status.reads).toMatchObject({ limit: '2k/min', scope: 'reads', amount: 2_000 })
    expect(status.reads.used).toBeGreaterThan(0)
  })

  it('reading ends at its own limit, and uses continue', async () => {
    const by = key(withLimits('60/min'))
    writeFileSync(stack.keysFile, keyFileText(keys))
    await until(async () => (await stack.send('/status', { key: by.key })).status === 200)
    let refused: Answer | undefined
    for (let round = 0; round < 60 && refused === undefined; round++) {
      const answers = await Promise.all(
        Array.from({ length: 100 }, () => stack.send('/api/version', { key: by.key })),
      )
      refused = answers.find(({ status }) => status === 429)
    }
    expect(refused?.text).toContain('the limit 2k/min on reading is reached')
    expect(stack.upstream.requests).toBeLessThan(4_000)
    expect((await ask(by)).status).toBe(200)
  })

  it('the answer to a request for more than is left states what is left, and what to ask for', async () => {
    const by = key(withLimits('3k-tokens/day'))
    writeFileSync(stack.keysFile, keyFileText(keys))
    await until(async () => (await stack.send('/status', { key: by.key })).status === 200)
    const answer = await ask(by, { ...chat, max_tokens: 32_000 }, '/v1/messages')
    expect(answer.status).toBe(429)
    expect(bodyOf(answer).error).toMatchObject({
      ...{ type: 'rate_limit_error', param: 'max_tokens' },
      message: expect.stringMatching(
        /up to 32,0\d\d tokens, with 32,000 tokens of output; 3,000 are left of 3k-tokens\/day until \d{4}-\d\d-\d\dT10:00:00Z; ask for less \(max_tokens\)\.$/,
      ),
    })
    expect(answer.headers['x-should-retry']).toBe('false')
  })

  it('a refused body releases its slot, and its request stays charged', async () => {
    const before = (await statusOf(mixed)).find(({ limit }) => limit === '5/day')?.used ?? 0
    const headers = { 'content-type': 'application/json' }
    const refused = await stack.send('/api/chat', {
      key: mixed.key,
      method: 'POST',
      headers,
      body: '{',
    })
    expect(refused.status).toBe(400)
    await settled(mixed)
    expect(await statusOf(mixed)).toMatchObject([
      { limit: '5/day', used: before + 1 },
      { limit: '1-concurrent', used: 0 },
      { limit: '100k-tokens/day' },
      { limit: '40/lifetime' },
    ])
  })

  describe('tokens', () => {
    it('are counted by the provider’s own figures, until none are left', async () => {
      const answer = await ask(tokens)
      const { prompt_eval_count: input, eval_count: output } = bodyOf(answer)
      const used = () => statusOf(tokens).then(([limit]) => limit?.used)
      expect(await used()).toBe(input + output)
      expect(input + output).toBeGreaterThan(20)
      let last = answer
      for (let time = 0; time < 10 && last.status === 200; time++) last = await ask(tokens)
      expect(last.status).toBe(429)
      expect(last.headers['x-should-retry']).toBe('false')
      expect(await used()).toBeGreaterThanOrEqual(120 - (input + output))
      // Reading uses no tokens.
      expect((await stack.send('/api/tags', { key: tokens.key })).status).toBe(200)
    })

    it('beyond what is left refuse before the request reaches the service', async () => {
      const by = withLimits('100-tokens/day')
      keys.push(by)
      writeFileSync(stack.keysFile, keyFileText(keys))
      await until(async () => (await stack.send('/status', { key: by.key })).status === 200)
      const greedy = { ...chat, options: { num_predict: 5000 } }
      expect((await ask(by, greedy)).status).toBe(429)
      expect(stack.upstream.requests).toBe(0)
      const modest = { ...chat, options: { num_predict: 5 } }
      expect((await ask(by, modest)).status).toBe(200)
    })

    it('limits at a check route refuse, because tokens are not counted there', async () => {
      const answer = await ask(tokens, chat, '/chat/api/chat')
      expect(answer.status).toBe(403)
      // The limit that cannot be enforced there, and the route to use instead.
      expect(answer.text).toMatch(/120-tokens\/day cannot be enforced on \/chat.*Use \/api or/)
      expect(stack.upstream.requests).toBe(0)
    })
  })

  it('money is counted by the price of the model, in micro-dollars, until none is left', async () => {
    const pay = () => ask(money, chat, '/litellm/v1/chat/completions')
    const spent = () => statusOf(money).then(([limit]) => limit?.used)
    const first = await pay()
    expect(first.status).toBe(200)
    const { prompt_tokens: input, completion_tokens: output } = bodyOf(first).usage
    expect(await spent()).toBe(input * 10 + output * 100)
    let last = first
    for (let time = 0; time < 5 && last.status === 200; time++) last = await pay()
    expect(last.status).toBe(429)
    expect(bodyOf(last).error).toMatchObject({ code: 'insufficient_quota' })
    expect(await spent()).toBeGreaterThanOrEqual(5_000)
  })

  it('output is cut to what a budget still allows, if the role says so', async () => {
    const cut = await ask(cutting)
    expect(cut.status).toBe(200)
    const { eval_count: output, done_reason: why } = bodyOf(cut)
    expect(why).toBe('length')
    // The rest after the prompt, which is an estimate at first.
    expect(output).toBeGreaterThanOrEqual(5)
    expect(output).toBeLessThan(34)
    const limit = (await statusOf(cutting)).find(({ unit }) => unit === 'tokens')
    expect(limit?.used).toBeLessThanOrEqual(40)
  })

  describe('caps of a single request', () => {
    it('a prompt that is too long is 413', async () => {
      const long = { ...chat, messages: [{ role: 'user', content: 'x'.repeat(300) }] }
      const answer = await ask(prompts, long)
      expect(answer.status).toBe(413)
      expect(stack.upstream.requests).toBe(0)
    })

    it('output is cut to its cap, whether the request has a bound or not', async () => {
      for (const [json, path] of [
        [chat, '/api/chat'],
        [{ ...chat, options: { num_predict: 30 } }, '/api/chat'],
        [{ ...chat, max_tokens: 30 }, '/v1/chat/completions'],
      ] as const) {
        const answer = await ask(prompts, json, path)
        expect(answer.status).toBe(200)
        const { eval_count, usage } = bodyOf(answer)
        expect(eval_count ?? usage.completion_tokens).toBe(7)
      }
    })

    it('an answer that takes too long is cut', async () => {
      stack.upstream.behave({ haltAfterParts: 2 })
      const run = ask(capped, { ...chat, stream: true }).catch((error: Error) => error)
      expect(await run).toBeInstanceOf(Error)
    })
  })

  describe('concurrent requests', () => {
    let held: ServerResponse[] = []
    const hold = () => stack.upstream.behave({ answer: (response) => void held.push(response) })

    it('are no more than allowed of 20 at once, and a slot is free again after each end', async () => {
      hold()
      const first = Array.from({ length: 20 }, () => ask(streams))
      await until(() => held.length === 2)
      const refused = (
        await Promise.allSettled(first.map((one) => Promise.race([one, never(2_000)])))
      ).filter((result) => result.status === 'fulfilled')
      expect(refused).toHaveLength(18)
      expect(held).toHaveLength(2)
      for (const response of held) response.end('{}')
      await Promise.all(first)
      held = []
      await settled(streams)
      stack.upstream.reset()
      expect((await ask(streams)).status).toBe(200)
    })

    it('end when the client disconnects, and the received part is charged', async () => {
      await settled(streams)
      const before =
        (await statusOf(streams)).find(({ limit }) => limit === '10k-tokens/day')?.used ?? 0
      stack.upstream.behave({ haltAfterParts: 5 })
      const left = new AbortController()
      const answer = await stack.dispatcher.request({
        ...{ origin: stack.url, path: '/api/chat', method: 'POST', signal: left.signal },
        body: JSON.stringify({ ...chat, stream: true }),
        headers: { 'content-type': 'application/json', authorization: `Bearer ${streams.key}` },
      })
      let text = ''
      answer.body.on('data', (chunk: Buffer) => {
        text += chunk
      })
      answer.body.on('error', () => {})
      await until(() => text.split('\n').length >= 5)
      left.abort()
      await settled(streams)
      const after =
        (await statusOf(streams)).find(({ limit }) => limit === '10k-tokens/day')?.used ?? 0
      // The prompt, by its length, and the parts that came; far less than the whole answer's
      // estimate.
      expect(after - before).toBeGreaterThanOrEqual(5)
      expect(after - before).toBeLessThan(100)
    })
  })

  describe('client libraries', () => {
    const { fetch, tries, thrownBy } = countCalls(() => stack)
    const openai = (by: TestKey) =>
      new OpenAI({ baseURL: `${stack.url}/v1`, apiKey: by.key, fetch, maxRetries: 1 })
    const anthropic = (by: TestKey) =>
      new Anthropic({ baseURL: stack.url, apiKey: by.key, fetch, maxRetries: 1 })
    const ollama = (by: TestKey) =>
      new Ollama({
        ...{ host: `${stack.url}/ollama`, fetch },
        headers: { authorization: `Bearer ${by.key}` },
      })
    const chatOf = (by: TestKey) => ({
      openai: () => openai(by).chat.completions.create({ model: 'demo', messages: [] }),
      anthropic: () =>
        anthropic(by).messages.create({ model: 'demo', max_tokens: 5, messages: [] }),
      ollama: () => ollama(by).chat({ model: 'demo', messages: [] }),
    })
    /**
     * Each library throws its own class for 429; `tries` is how often the two ask that may retry.
     */
    const expectRefusals = async (
      run: ReturnType<typeof chatOf>,
      expected: { code: string; type: string; message: RegExp; tries: number },
    ) => {
      const { code, type, message } = expected
      const byOpenai = await thrownBy(run.openai)
      expect(byOpenai).toBeInstanceOf(OpenAI.RateLimitError)
      expect(byOpenai).toMatchObject({ code, type })
      expect(tries()).toBe(expected.tries)
      const byAnthropic = await thrownBy(run.anthropic)
      expect(byAnthropic).toBeInstanceOf(Anthropic.RateLimitError)
      expect(tries()).toBe(expected.tries)
      const byOllama = await thrownBy(run.ollama)
      expect(byOllama).toMatchObject({ name: 'ResponseError', status_code: 429 })
      expect(byOllama.message).toMatch(message)
      expect(tries()).toBe(1)
    }

    it('at a rate that is over for long: 429 with the class for it, and one try', async () => {
      const run = chatOf(clients.rate)
      await run.ollama()
      await expectRefusals(run, {
        ...{ code: 'rate_limit_exceeded', type: 'rate_limit_error' },
        ...{ message: /too many requests/i, tries: 1 },
      })
    })

    it('at a rate that is over for a moment: they wait for the stated time, and are served', async () => {
      const run = chatOf(clients.soon)
      const before = tries()
      for (const call of [run.openai, run.anthropic, run.openai]) {
        // The first of these is admitted; the others have to wait for the rest of a second.
        await call()
      }
      expect(tries() - before).toBeGreaterThan(3)
      const byOllama = await thrownBy(async () => {
        for (let time = 0; time < 20; time++) await run.ollama()
      })
      expect(byOllama).toMatchObject({ name: 'ResponseError', status_code: 429 })
    })

    it('at a quota that is used up: 429, insufficient_quota, one try', async () => {
      const run = chatOf(clients.quota)
      await run.openai()
      await expectRefusals(run, {
        ...{ code: 'insufficient_quota', type: 'insufficient_quota' },
        ...{ message: /used up/, tries: 1 },
      })
    })

    it('at a prompt that is too large: 413, one try', async () => {
      const long = [{ role: 'user' as const, content: 'x'.repeat(200) }]
      const byOpenai = await thrownBy(() =>
        openai(narrow.large).chat.completions.create({ model: 'demo', messages: long }),
      )
      expect(byOpenai).toBeInstanceOf(OpenAI.APIError)
      expect(byOpenai).toMatchObject({ status: 413, code: 'prompt_too_large' })
      expect(tries()).toBe(1)
      const byAnthropic = await thrownBy(() =>
        anthropic(narrow.large).messages.create({ model: 'demo', max_tokens: 5, messages: long }),
      )
      expect(byAnthropic).toMatchObject({ status: 413 })
      expect(tries()).toBe(1)
    })

    it('at too many running: 429, tried again after Retry-After', async () => {
      const held: ServerResponse[] = []
      stack.upstream.behave({ answer: (response) => void held.push(response) })
      const running = ask(narrow.running)
      await until(() => held.length === 1)
      await expectRefusals(chatOf(narrow.running), {
        ...{ code: 'rate_limit_exceeded', type: 'rate_limit_error' },
        ...{ message: /at the same time/, tries: 2 },
      })
      held[0]?.end('{}')
      await running
    })
  })
})

const never = (ms: number) =>
  new Promise<never>((_, reject) => setTimeout(() => reject(new Error('still running')), ms))
