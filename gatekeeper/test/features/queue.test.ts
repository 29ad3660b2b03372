import { renameSync, writeFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import Anthropic from '@anthropic-ai/sdk'
import { Ollama } from 'ollama'
import OpenAI from 'openai'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type FaultyUpstream, startFaultyUpstream } from '../../../scripts/demo/faults.ts'
import { waitUntil } from '../support/child.ts'
import { decisionsOn } from '../support/decisions.ts'
import { keyFileText, makeKey } from '../support/keys.ts'
import { type Answer, type Stack, startStack, testCaddy } from '../support/stack.ts'
import { countCalls } from './support/client-calls.ts'

const services = ['ollama', 'impatient', 'narrow']
const ada = makeKey({ services })
const bob = makeKey({ user: 'bob', services })
const eve = makeKey({ user: 'eve', services })
const chat = { model: 'demo', messages: [{ role: 'user', content: 'hello' }], stream: false }

const configFor = (url: string) => `version: 1
services:
  ollama:
    kind: ollama
    timeouts: {connectSeconds: 5, headersSeconds: 60, idleSeconds: 60}
    queue: {waiting: 100, waitingPerKey: 60, longestWaitSeconds: 60}
    routes: [{prefix: /api}]
  impatient:
    kind: ollama
    upstream: {url: "${url}"}
    queue: {longestWaitSeconds: 0.3}
    routes: [{prefix: /ollama, strip: true}]
  narrow:
    kind: openai
    upstream: {url: "${url}"}
    slots: 1
    queue: {waiting: 3, waitingPerKey: 2}
    routes: [{prefix: /v1}]
`

describe.skipIf(testCaddy === null)('the queue of a service', () => {
  let stack: Stack
  let upstream: FaultyUpstream
  /** Answers that the upstream has not sent yet, in the order of their requests. */
  let held: ServerResponse[] = []

  beforeAll(async () => {
    upstream = await startFaultyUpstream()
    const config = configFor(upstream.url)
    stack = await startStack({ keys: [ada, bob, eve], config, ollamaUrl: upstream.url })
  })
  afterEach(async () => {
    await releaseAll()
    upstream.reset()
  })
  afterAll(async () => {
    await stack?.stop()
    await upstream?.close()
  })

  // Lists are answered: the gatekeeper fetches one when an upstream refuses, to find the cause.
  const hold = () =>
    upstream.behave({
      answer: (response) =>
        void (response.req.method === 'POST' ? held.push(response) : response.end('{}')),
    })
  const release = () =>
    held.shift()?.setHeader('content-type', 'application/json').end('{"done":true}')
  /** Until no request is open. */
  const releaseAll = async () => {
    upstream.reset()
    while (held.length > 0) {
      for (const response of held.splice(0)) response.end()
      await sleep(20)
    }
  }
  const ask = (key: string, path = '/api/chat') => stack.send(path, { key, json: chat })
  const until = (isDone: () => boolean | Promise<boolean>) =>
    waitUntil(isDone, { limitMs: 20_000, describe: stack.gatekeeper.output })
  /**
   * A waiting request is not visible from outside: long enough for it to arrive on a slow machine.
   */
  const untilQueued = () => sleep(1_000)
  /** Uses the whole share of a key at the narrow service: one runs, two wait. */
  const fill = async () => {
    hold()
    let refused = 0
    const asked = Array.from({ length: 6 }, () => ask(ada.key, '/v1/chat/completions'))
    for (const each of asked) void each.then(({ status }) => status === 429 && refused++)
    await until(() => refused === 3 && held.length === 1)
    return asked
  }
  const releaseThree = async () => {
    for (let turn = 0; turn < 3; turn++) {
      await until(() => held.length > 0)
      release()
    }
  }
  const users = () => upstream.received.map(({ headers }) => headers['x-gatekeeper-user']?.[0])
  const waitedMs = ({ headers }: Pick<Answer, 'headers'>) =>
    Number(/^queue;dur=([\d.]+)$/.exec(String(headers['server-timing']))?.[1])
  const logged = (answer: Answer) => decisionsOn(answer, stack)[0]

  it('lets one request at a time through to Ollama; the wait is in the answer and in the log', async () => {
    hold()
    const first = ask(ada.key)
    await until(() => held.length === 1)
    const second = ask(bob.key)
    await untilQueued()
    expect(upstream.requests).toBe(1)
    release()
    await until(() => held.length === 1)
    release()
    const [one, two] = await Promise.all([first, second])
    expect([one.status, two.status]).toEqual([200, 200])
    expect(waitedMs(one)).toBe(0)
    expect(waitedMs(two)).toBeGreaterThan(0)
    await until(() => logged(two) !== undefined)
    expect(logged(two)?.['queueMs']).toBe(Math.round(waitedMs(two)))
  })

  it('makes no request wait that only reads', async () => {
    hold()
    const busy = ask(ada.key)
    await until(() => held.length === 1)
    upstream.reset()
    const answer = await stack.send('/api/tags', { key: ada.key })
    expect(answer.status).toBe(200)
    expect(answer.headers['server-timing']).toBeUndefined()
    release()
    await busy
  })

  it('serves a single request after at most two turns of a key that floods', async () => {
    const arrivals: number[] = []
    upstream.behave({
      answer: (response) => {
        arrivals.push(performance.now())
        setTimeout(() => response.end('{"done":true}'), 120)
      },
    })
    const flood = Array.from({ length: 40 }, () => ask(ada.key))
    await until(() => upstream.requests > 0)
    const single: Answer[] = []
    for (let turn = 0; turn < 4; turn++) single.push(await ask(bob.key))
    await Promise.all(flood)
    const turns = arrivals.slice(1).map((at, index) => at - (arrivals[index] ?? 0))
    const longestMs = Math.max(...turns)
    expect(turns.length).toBe(43)
    for (const answer of single) expect(waitedMs(answer)).toBeLessThanOrEqual(2 * longestMs + 20)
    // One after the other they would have waited for the whole flood.
    expect(users().lastIndexOf('bob')).toBeLessThan(30)
  })

  it('refuses with 429 beyond what a key may have waiting, and lets another key wait', async () => {
    const flood = await fill()
    // Three may wait in all: one more of any key has room.
    const others = [bob, eve].map(({ key }) => ask(key, '/v1/chat/completions'))
    expect((await Promise.race(others)).status).toBe(429)
    await releaseThree()
    await until(() => held.length > 0)
    release()
    const statuses = (await Promise.all(others)).map(({ status }) => status)
    expect(statuses.sort()).toEqual([200, 429])
    const answers = await Promise.all(flood)
    const refused = answers.filter(({ status }) => status === 429)
    expect(refused).toHaveLength(3)
    expect(refused[0]?.headers['retry-after']).toMatch(/^[1-9]\d?$/)
    expect(JSON.parse(refused[0]?.text ?? '')).toMatchObject({
      error: { type: 'rate_limit_error', code: 'rate_limit_exceeded' },
    })
    await until(() => logged(refused[0] as Answer) !== undefined)
    expect(logged(refused[0] as Answer)).toMatchObject({ reason: 'queue-full', check: 'queue' })
  })

  it('refuses with 429 after the longest wait', async () => {
    hold()
    const first = ask(ada.key, '/ollama/api/chat')
    await until(() => held.length === 1)
    const second = await ask(bob.key, '/ollama/api/chat')
    expect(second.status).toBe(429)
    expect(JSON.parse(second.text)).toEqual({ error: expect.stringContaining('busy') })
    await until(() => logged(second) !== undefined)
    expect(logged(second)).toMatchObject({ reason: 'queue-timeout' })
    expect(upstream.requests).toBe(1)
    release()
    expect((await first).status).toBe(200)
  })

  it('drops a client that disconnects while it waits: its request never reaches the upstream', async () => {
    hold()
    const first = ask(ada.key)
    await until(() => held.length === 1)
    const left = new AbortController()
    const gone = stack.dispatcher
      .request({
        ...{ origin: stack.url, path: '/api/chat', method: 'POST', body: JSON.stringify(chat) },
        headers: { 'content-type': 'application/json', authorization: `Bearer ${bob.key}` },
        signal: left.signal,
      })
      .catch(() => 'left')
    await untilQueued()
    left.abort()
    expect(await gone).toBe('left')
    const isGone = () =>
      stack.gatekeeper.output().includes('"reason":"body-aborted","check":"queue"')
    await until(isGone)
    const third = ask(eve.key)
    release()
    await until(() => held.length === 1)
    release()
    expect([(await first).status, (await third).status]).toEqual([200, 200])
    expect(users()).toEqual(['ada', 'eve'])
  })

  it('checks a waiting request again before it is served: a key that was revoked meanwhile is 401', async () => {
    hold()
    const first = ask(ada.key)
    await until(() => held.length === 1)
    const second = ask(bob.key)
    await untilQueued()
    replaceKeys([ada, eve])
    await until(async () => (await stack.send('/status', { key: bob.key })).status === 401)
    const third = ask(eve.key)
    release()
    expect((await second).status).toBe(401)
    await until(() => held.length === 1)
    release()
    expect([(await first).status, (await third).status]).toEqual([200, 200])
    expect(users()).toEqual(['ada', 'eve'])
    replaceKeys([ada, bob, eve])
    await until(async () => (await stack.send('/status', { key: bob.key })).status === 200)
  })

  const replaceKeys = (keys: Parameters<typeof keyFileText>[0]) => {
    writeFileSync(`${stack.keysFile}.new`, keyFileText(keys))
    renameSync(`${stack.keysFile}.new`, stack.keysFile)
  }

  it.each<[string, () => void]>([
    ['the upstream dies', () => held.shift()?.destroy()],
    ['the upstream refuses', () => held.shift()?.writeHead(500).end('{"error":"x"}')],
    ['the upstream rejects us', () => held.shift()?.writeHead(401).end()],
    ['it is answered', () => release()],
  ])('gives the slot of a request to the next when %s', async (_name, end) => {
    hold()
    const first = ask(ada.key)
    await until(() => held.length === 1)
    const second = ask(bob.key)
    await sleep(50)
    end()
    await first
    await until(() => held.length === 1)
    release()
    expect((await second).status).toBe(200)
  })

  it('and when its client leaves', async () => {
    hold()
    const left = new AbortController()
    const first = stack.dispatcher
      .request({
        ...{ origin: stack.url, path: '/api/chat', method: 'POST', body: JSON.stringify(chat) },
        headers: { 'content-type': 'application/json', authorization: `Bearer ${ada.key}` },
        signal: left.signal,
      })
      .catch(() => 'left')
    await until(() => held.length === 1)
    const second = ask(bob.key)
    left.abort()
    expect(await first).toBe('left')
    held = []
    await until(() => held.length === 1)
    release()
    expect((await second).status).toBe(200)
  })

  describe('is understood by client libraries', () => {
    const { fetch, tries, thrownBy } = countCalls(() => stack)

    it('openai: RateLimitError, after three tries that heed Retry-After', async () => {
      const busy = await fill()
      const client = new OpenAI({ baseURL: `${stack.url}/v1`, apiKey: ada.key, fetch })
      const startedAt = performance.now()
      const error = await thrownBy(() =>
        client.chat.completions.create({ model: 'demo', messages: [] }),
      )
      expect(error).toBeInstanceOf(OpenAI.RateLimitError)
      expect(error).toMatchObject({ status: 429, code: 'rate_limit_exceeded' })
      expect(tries()).toBe(3)
      expect(performance.now() - startedAt).toBeGreaterThan(3_000)
      await releaseThree()
      await Promise.all(busy)
    })

    it('Anthropic: RateLimitError, after three tries', async () => {
      const busy = await fill()
      const client = new Anthropic({ baseURL: stack.url, apiKey: ada.key, fetch })
      const error = await thrownBy(() =>
        client.messages.create({ model: 'demo', max_tokens: 5, messages: [] }),
      )
      expect(error).toBeInstanceOf(Anthropic.RateLimitError)
      expect(error.status).toBe(429)
      expect(tries()).toBe(3)
      await releaseThree()
      await Promise.all(busy)
    })

    it('ollama: ResponseError with the text, after one try', async () => {
      hold()
      const busy = ask(ada.key, '/ollama/api/chat')
      await until(() => held.length === 1)
      const headers = { authorization: `Bearer ${bob.key}` }
      const client = new Ollama({ host: `${stack.url}/ollama`, headers, fetch })
      const error = await thrownBy(() => client.chat({ model: 'demo', messages: [] }))
      expect(error.name).toBe('ResponseError')
      expect(error.status_code).toBe(429)
      expect(error.message).toContain('busy')
      expect(tries()).toBe(1)
      release()
      await busy
    })
  })
})
