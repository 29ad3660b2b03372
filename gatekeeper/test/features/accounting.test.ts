import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { demoModel } from '../../../scripts/demo/demo-model.ts'
import type { UsageRecord } from '../../src/usage/journal/usage-journal.ts'
import { type Child, waitUntil } from '../support/child.ts'
import { decisionsOn } from '../support/decisions.ts'
import { gatewayWithOllama } from '../support/gateway-file.ts'
import { makeKey, type TestKey } from '../support/keys.ts'
import { readRecords } from '../support/read-records.ts'
import { type Stack, startGatekeeper, startStack, testCaddy } from '../support/stack.ts'

const model = demoModel

const config = gatewayWithOllama('slots: 64')
const open: { stacks: Stack[]; children: Child[] } = { stacks: [], children: [] }

afterEach(async () => {
  await Promise.all(open.children.splice(0).map((child) => child.stop()))
  await Promise.all(open.stacks.splice(0).map((stack) => stack.stop()))
})

async function startWith(keys: readonly TestKey[]): Promise<Stack> {
  const stack = await startStack({ keys, config })
  open.stacks.push(stack)
  return stack
}

const recordsOf = ({ stateDir }: Stack) => readRecords(join(stateDir, 'usage.db'))

/**
 * Kills the gatekeeper as the kernel does when out of memory, and starts the next one on its files.
 */
async function killAndStart(stack: Stack): Promise<void> {
  const last = open.children.at(-1) ?? stack.gatekeeper
  const ended = once(last.process, 'exit')
  last.process.kill('SIGKILL')
  await ended
  await startNext(stack)
}

async function startNext(stack: Stack): Promise<void> {
  const next = startGatekeeper(stack.env)
  open.children.push(next)
  await waitUntil(() => next.output().includes('gatekeeper ready'), {
    ...{ limitMs: 60_000, child: next, describe: next.output },
  })
  await waitUntil(async () => (await stack.send('/health').catch(() => null))?.status === 200, {
    ...{ limitMs: 30_000, describe: () => next.output() + stack.caddy.output() },
  })
}

const chat = (stack: Stack, key: TestKey, content = 'hello') =>
  stack.send('/api/chat', { key: key.key, json: { model, messages: [{ role: 'user', content }] } })

/** Ollama's stream with `parts` words, one every 40 ms. */
async function stream(response: ServerResponse, parts: number): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/x-ndjson' })
  const line = (end: object) =>
    `${JSON.stringify({ model, message: { role: 'assistant', content: 'word ' }, ...end })}\n`
  for (let part = 0; part < parts && !response.destroyed; part++) {
    response.write(line({ done: false }))
    await sleep(40)
  }
  response.end(line({ done: true, prompt_eval_count: 10, eval_count: parts }))
}

describe.skipIf(testCaddy === null)('the usage log', () => {
  it('has a line of each admitted request, and no prompt, answer or key in it', async () => {
    const ada = makeKey({ user: 'ada' })
    const stack = await startWith([ada])
    expect((await chat(stack, ada, 'a very private matter')).status).toBe(200)
    expect((await stack.send('/api/tags?secret=query', { key: ada.key })).status).toBe(200)
    const [first, second] = await recordsOf(stack)
    expect(first).toMatchObject({
      ...{ principalId: `key:${ada.id}`, user: 'ada', service: 'ollama', model },
      ...{ endpoint: '/api/chat', status: 200, outcome: 'answered', isEstimated: false },
    })
    expect(first?.inputTokens).toBeGreaterThan(0)
    expect(first?.outputTokens).toBeGreaterThan(0)
    expect(second).toMatchObject({ endpoint: '/api/tags', model: null, inputTokens: 0 })
    const text = JSON.stringify([first, second])
    expect(text).not.toMatch(/private|secret=|gk_/)
  })

  it('survives restarts, and so do limits', async () => {
    const ada = makeKey({ limits: ['3/lifetime'] })
    const stack = await startWith([ada])
    expect((await chat(stack, ada)).status).toBe(200)
    await stack.gatekeeper.stop()
    await startNext(stack)
    expect((await chat(stack, ada)).status).toBe(200)
    await killAndStart(stack)
    expect((await chat(stack, ada)).status).toBe(200)
    expect((await chat(stack, ada)).status).toBe(429)
    expect(await recordsOf(stack)).toHaveLength(3)
  })
})

describe.skipIf(testCaddy === null)('an upstream that knows no stream_options', () => {
  it('streams: one request, one charge and one decision, and no second request for usage', async () => {
    const ada = makeKey({ limits: ['2/lifetime'] })
    const stack = await startWith([ada])
    const events = `data: ${JSON.stringify({ model, choices: [{ delta: { content: 'hi' } }] })}\n\n`
    const bodies = () => stack.upstream.received.map(({ body }) => body.toString())
    stack.upstream.behave({
      answer: async (response) => {
        const isRefused = bodies().at(-1)?.includes('stream_options')
        const type = isRefused ? 'application/json' : 'text/event-stream'
        response.writeHead(isRefused ? 422 : 200, { 'content-type': type })
        response.end(isRefused ? '{"detail":"extra_forbidden"}' : `${events}data: [DONE]\n\n`)
      },
    })
    const json = { model, stream: true, messages: [{ role: 'user', content: 'hello' }] }
    const send = (more = {}) =>
      stack.send('/v1/chat/completions', { key: ada.key, json: { ...json, ...more } })
    const [first, second] = [await send(), await send()]
    expect([first.status, second.status]).toEqual([200, 200])
    expect(first.text).toBe(`${events}data: [DONE]\n\n`)
    expect(bodies().map((body) => body.includes('stream_options'))).toEqual([true, false, false])
    expect((await send()).status).toBe(429)
    // Its line is written after the answer was sent.
    await waitUntil(() => decisionsOn(first, stack).length > 0, {
      ...{ limitMs: 30_000, describe: stack.gatekeeper.output },
    })
    expect(decisionsOn(first, stack)).toMatchObject([{ outcome: 'allow', status: 200 }])
    const records = await recordsOf(stack)
    expect(records).toMatchObject([
      { status: 200, outcome: 'answered', isEstimated: true },
      { status: 200, outcome: 'answered', isEstimated: true },
    ])
  })

  it('and refuses a client that asks for usage itself', async () => {
    const ada = makeKey()
    const stack = await startWith([ada])
    stack.upstream.behave({ status: 422, body: '{"detail":"extra_forbidden"}' })
    const json = { model, stream: true, messages: [], stream_options: {} }
    const answer = await stack.send('/v1/chat/completions', { key: ada.key, json })
    expect([answer.status, answer.text]).toEqual([422, '{"detail":"extra_forbidden"}'])
    expect(stack.upstream.requests).toBe(1)
  })
})

describe.skipIf(testCaddy === null)('kill -9 in the middle of 50 streams', () => {
  it('no answer that ended is missing, open requests are charged, and limits continue', async () => {
    const ada = makeKey({ limits: ['50/lifetime', '1m-tokens/day'] })
    const stack = await startWith([ada])
    let streams = 0
    // They end one after the other: at any moment some have ended, some will end soon. Ten never
    // end.
    const partsOf = (index: number) => (index < 40 ? 5 + index : Number.POSITIVE_INFINITY)
    stack.upstream.behave({ answer: (response) => stream(response, partsOf(streams++)) })
    const answers = Array.from({ length: 50 }, () =>
      chat(stack, ada)
        .then(({ headers, text }) => ({
          requestId: headers['x-request-id'],
          isWhole: text.includes('"done":true'),
        }))
        .catch(() => null),
    )
    let ended = 0
    for (const answer of answers) void answer.then((end) => end?.isWhole && ended++)
    // On a busy machine some end before others have begun.
    await waitUntil(() => streams === 50 && ended >= 15, {
      limitMs: 60_000,
      describe: () => stack.gatekeeper.output().slice(-2000),
    })
    await killAndStart(stack)

    const whole = (await Promise.all(answers)).filter((answer) => answer?.isWhole)
    expect(whole.length).toBeGreaterThanOrEqual(15)
    expect(whole.length).toBeLessThanOrEqual(40)
    const records = await recordsOf(stack)
    const of = (outcome: UsageRecord['outcome']) => records.filter((one) => one.outcome === outcome)
    // Each of the 50 is there once: ended ones with their count, the others with an estimate.
    expect(records).toHaveLength(50)
    expect(new Set(records.map(({ requestId }) => requestId)).size).toBe(50)
    const answered = new Set(of('answered').map(({ requestId }) => requestId))
    expect(whole.filter((answer) => !answered.has(String(answer?.requestId)))).toEqual([])
    expect(of('answered').every(({ isEstimated }) => !isEstimated)).toBe(true)
    expect(of('interrupted').length).toBeGreaterThanOrEqual(10)
    expect(of('interrupted').length + answered.size).toBe(50)
    expect(of('interrupted').every(({ isEstimated }) => isEstimated)).toBe(true)
    expect((await chat(stack, ada)).status).toBe(429)
  })
})
