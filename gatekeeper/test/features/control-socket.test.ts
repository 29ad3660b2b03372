import { execFile } from 'node:child_process'
import { statSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { askGatekeeper } from '../../src/operations/ask-gatekeeper.ts'
import { streamGatekeeper } from '../../src/operations/stream-gatekeeper.ts'
import { waitUntil } from '../support/child.ts'
import { decisionsOf } from '../support/decisions.ts'
import { makeKey } from '../support/keys.ts'
import { readRecords } from '../support/read-records.ts'
import { type Stack, startStack, testCaddy } from '../support/stack.ts'

const config = `version: 1
services:
  ollama:
    kind: ollama
    slots: 1
    prices: {"demo*": {inputUsdPerMillion: 1000, outputUsdPerMillion: 1000}}
    routes: [{prefix: /v1}, {prefix: /ollama, strip: true}]
  tts:
    kind: http
    routes: [{prefix: /tts, strip: true, mode: check}]
`

const ada = makeKey({ services: ['ollama', 'tts'] })
const few = makeKey({ user: 'few', services: ['ollama'], limits: ['2/day'] })
const narrow = makeKey({ user: 'narrow', services: ['ollama'], models: ['other'] })
const off = makeKey({ user: 'off', services: ['ollama'], disabled: true })
const away = makeKey({ user: 'away', services: ['ollama'], addresses: ['10.9.8.0/24'] })
const bob = makeKey({ user: 'bob', services: ['ollama'] })
const keys = [ada, bob, few, narrow, off, away]

type Event = Readonly<Record<string, unknown>>

describe.skipIf(testCaddy === null)('the control socket', () => {
  let stack: Stack
  const held: ServerResponse[] = []
  beforeAll(async () => {
    stack = await startStack({ keys, config })
  })
  afterEach(() => {
    for (const response of held.splice(0)) response.destroy()
    stack.upstream.reset()
  })
  afterAll(async () => await stack?.stop())

  const listen = () =>
    ({ kind: 'unix', path: join(stack.stateDir, 'run/control/explain.sock') }) as const
  const ask = async (path: string, question: object = {}) =>
    await askGatekeeper(listen(), path, question)
  let count = 0
  const caller = (key: string) => {
    const requestId = `playground-${++count}`
    return { key, clientAddress: '192.0.2.7', requestId }
  }
  const chat = (key: string, more: object = {}) => ({
    ...{ ...caller(key), service: 'ollama', model: 'demo' },
    messages: [{ role: 'user', content: 'hello' }],
    ...more,
  })
  async function play(question: object, signal = new AbortController().signal) {
    const answer = await streamGatekeeper(listen(), { path: '/playground/chat', question, signal })
    if (!('chunks' in answer)) return { status: answer.status, text: answer.text, events: [] }
    let text = ''
    for await (const chunk of answer.chunks) text += chunk
    const lines = text.split('\n').filter((line) => line.startsWith('data: '))
    const events = lines.map((line) => JSON.parse(line.slice(6)) as Event)
    return { status: answer.status, text, events }
  }

  const recordsOf = (id: string) => decisionsOf(stack).filter(({ requestId }) => requestId === id)

  it('is open to this user alone', () => {
    expect(statSync(listen().path).mode & 0o777).toBe(0o600)
  })

  it('streams a chat with the rights of a key, and says what was charged', async () => {
    const question = chat(ada.id)
    const { events, text } = await play(question)
    const said = events.flatMap(({ delta }) => (typeof delta === 'string' ? [delta] : []))
    expect(said.join('')).not.toBe('')
    const { usage } = events.at(-1) as { readonly usage: Event }
    expect(usage).toMatchObject({ requestId: question.requestId, reason: null, isEstimated: false })
    expect(Number(usage['tokensOut'])).toBeGreaterThan(0)
    expect(Number(usage['microUsd'])).toBeGreaterThan(0)
    await waitUntil(() => recordsOf(question.requestId).length > 0, {
      ...{ limitMs: 5_000, describe: stack.gatekeeper.output },
    })
    const [decision] = recordsOf(question.requestId)
    expect(decision).toMatchObject({
      ...{ user: 'ada', clientAddress: '192.0.2.7', outcome: 'allow' },
      ...{ principal: expect.stringMatching(/^token:/), holder: `key:${ada.id}` },
    })
    const lines = await readRecords(join(stack.stateDir, 'usage.db'))
    const line = lines.find(({ requestId }) => requestId === question.requestId)
    expect(line?.principalId).toBe(`key:${ada.id}`)
    expect(text + stack.gatekeeper.output()).not.toContain('eyJ')
  })

  it('charges the key, and stops at its limit', async () => {
    await play(chat(few.id))
    const usage = await ask('/usage-of', { keys: [few.id] })
    expect(usage.document).toMatchObject({ keys: { [few.id]: [{ text: '2/day', used: 1 }] } })
    await play(chat(few.id))
    const { events } = await play(chat(few.id))
    expect(events[0]).toMatchObject({ error: { status: 429 } })
    expect(events.at(-1)).toMatchObject({ usage: { reason: 'quota-exceeded' } })
    const { status } = await stack.send('/v1/models', { key: few.key, method: 'GET' })
    expect(status).toBe(200)
    const direct = await stack.send('/v1/chat/completions', {
      ...{ key: few.key, json: { model: 'demo', messages: [{ role: 'user', content: 'x' }] } },
    })
    expect(direct.status).toBe(429)
  })

  it('gives a key nothing that the key has not', async () => {
    expect((await play(chat(narrow.id))).events[0]).toMatchObject({ error: { status: 404 } })
    expect((await play(chat(away.id))).events[0]).toMatchObject({ error: { status: 403 } })
    expect((await play(chat(off.id))).status).toBe(409)
    expect((await play(chat('gone'))).status).toBe(409)
    expect((await play(chat(ada.id, { service: 'tts' }))).status).toBe(404)
    for (const model of ['*', 'demo other', '']) {
      expect((await play(chat(ada.id, { model }))).status).toBe(400)
    }
    expect(stack.upstream.requests).toBe(0)
  })

  it.each([
    ['an answer that breaks off', { dieAfterParts: 2 }],
    ['a page', { status: 200, body: '<html>', extraFields: { 'content-type': 'text/html' } }],
    ['a fault', { status: 500, body: 'x' }],
    ['bytes', { bytes: 3_000_000 }],
    ['a redirect', { redirectTo: 'http://127.0.0.1:1/' }],
  ])('outlives a model server that sends %s', async (_, faults) => {
    stack.upstream.behave(faults)
    const { events } = await play(chat(ada.id))
    expect(events.at(-1)).toMatchObject({ usage: { requestId: expect.any(String) } })
    stack.upstream.reset()
    expect((await play(chat(ada.id))).events.some(({ delta }) => delta !== undefined)).toBe(true)
  })

  it('takes no line break into the request to the relay', async () => {
    const hostile = { clientAddress: '192.0.2.7\r\nx-gatekeeper-host: evil' }
    expect((await play(chat(ada.id, hostile))).status).toBe(502)
    expect((await play(chat(ada.id, { requestId: 'abcdefgh\r\nx: y' }))).status).toBe(400)
  })

  it('lists the models that the key may use', async () => {
    const { document } = await ask('/playground/models', caller(ada.id))
    expect(document).toMatchObject({
      items: [{ model: 'demo:latest', service: 'ollama', path: '/v1/chat/completions' }],
      faults: [],
    })
    const narrowed = await ask('/playground/models', caller(narrow.id))
    expect(narrowed.document).toEqual({ items: [], faults: [] })
  })

  it('shows who runs and who waits, and an abort reaches the model', async () => {
    stack.upstream.behave({
      answer: (response) => void (response.req.method === 'POST' && held.push(response)),
    })
    const first = new AbortController()
    const second = new AbortController()
    const playing = [play(chat(ada.id), first.signal).catch(() => null)]
    await until(() => held.length === 1)
    playing.push(play(chat(bob.id), second.signal).catch(() => null))
    const queue = async () => (await ask('/queue')).document as { services: Event }
    await until(async () => JSON.stringify(await queue()).includes('bob'))
    expect(await queue()).toMatchObject({
      services: {
        ollama: {
          slots: 1,
          running: [{ user: 'ada', principal: `key:${ada.id}`, model: 'demo:latest' }],
          waiting: [{ user: 'bob', principal: `key:${bob.id}`, model: 'demo:latest' }],
        },
      },
    })
    const script = join(import.meta.dirname, '../../../scripts/queue.ts')
    const { stdout } = await promisify(execFile)(process.execPath, [script], { env: stack.env })
    expect(stdout).toMatch(/^ollama: 1 of 1 slots, 1 waiting\n {2}runs +ada .*\n {2}waits, 1 +bob /)
    second.abort()
    await until(async () => !JSON.stringify(await queue()).includes('bob'))
    first.abort()
    await until(() => stack.upstream.aborted === 1)
    await Promise.all(playing)
    expect(await queue()).toEqual({ services: { ollama: { slots: 1, running: [], waiting: [] } } })
  })

  it('tells which services answer, and which parts are stale', async () => {
    expect((await ask('/services')).document).toMatchObject({
      status: 'ok',
      services: expect.arrayContaining([
        expect.objectContaining({ name: 'ollama', configured: true, reachable: true }),
      ]),
    })
    expect((await ask('/parts')).document).toMatchObject({ status: 'ok', parts: { keys: [] } })
  })

  const until = (isDone: () => boolean | Promise<boolean>) =>
    waitUntil(isDone, { limitMs: 20_000, describe: stack.gatekeeper.output })
})
