import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoModel } from '../../../scripts/demo/demo-model.ts'
import { waitUntil } from '../support/child.ts'
import { unqueuedGateway } from '../support/gateway-file.ts'
import { makeKey } from '../support/keys.ts'
import { exchangeUnix, lines } from '../support/raw.ts'
import { readRecords } from '../support/read-records.ts'
import { type Stack, startStack, testCaddy } from '../support/stack.ts'

const ada = makeKey()
const model = demoModel
const boundMs = 10_000

const line = (end: object) =>
  `${JSON.stringify({ model, message: { role: 'assistant', content: 'word ' }, ...end })}\n`

/** Ollama's stream: a word every 100 ms, for this long; without an end if it is cut before. */
async function stream(response: ServerResponse, forMs: number): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/x-ndjson' })
  const endAt = performance.now() + forMs
  while (performance.now() < endAt && !response.destroyed) {
    response.write(line({ done: false }))
    await sleep(100)
  }
  response.end(line({ done: true, prompt_eval_count: 10, eval_count: 20 }))
}

type Ended = {
  readonly status: number
  readonly requestId: string
  readonly text: string
  /** Whether the answer ended correctly by the rules of HTTP. */
  readonly isWhole: boolean
}

async function chat(stack: Stack, content: string, key = ada.key): Promise<Ended> {
  const answer = await stack.dispatcher.request({
    ...{ origin: stack.url, path: '/api/chat', method: 'POST' },
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify({ model, messages: [{ role: 'user', content }] }),
  })
  let text = ''
  let isWhole = true
  try {
    for await (const chunk of answer.body) text += String(chunk)
  } catch {
    isWhole = false
  }
  const requestId = String(answer.headers['x-request-id'])
  return { status: answer.statusCode, requestId, text, isWhole }
}

describe.skipIf(testCaddy === null)('a gatekeeper that receives SIGTERM', () => {
  let stack: Stack
  beforeAll(async () => {
    stack = await startStack({ keys: [ada], config: unqueuedGateway })
    stack.upstream.behave({
      answer: (response, { body }) => {
        const text = String(body)
        if (text.includes('short')) return stream(response, 3_000)
        if (text.includes('long')) return stream(response, 600_000)
        return sleep(600_000, null, { ref: false })
      },
    })
  })
  afterAll(() => stack?.stop())

  it('refuses new requests, finishes those that can finish, cuts the rest visibly, and records all', {
    timeout: 60_000,
  }, async () => {
    const { gatekeeper } = stack
    const short = chat(stack, 'short')
    const long = [chat(stack, 'long'), chat(stack, 'long')]
    const silent = chat(stack, 'silent')
    await waitUntil(() => stack.upstream.requests >= 4, {
      ...{ limitMs: 20_000, child: gatekeeper, describe: gatekeeper.output },
    })
    // So that each stream has sent something.
    await sleep(500)

    const exited = once(gatekeeper.process, 'exit')
    const stoppedAt = performance.now()
    gatekeeper.process.kill('SIGTERM')
    await waitUntil(() => gatekeeper.output().includes('stopping'), {
      ...{ limitMs: 5_000, describe: gatekeeper.output },
    })
    const refused = await stack.send('/api/tags', { key: ada.key })
    expect([refused.status, refused.headers['retry-after']]).toEqual([503, '1'])
    expect((await stack.send('/chat/api/tags', { key: ada.key })).status).toBe(503)
    const ready = join(stack.stateDir, 'run/ops.sock')
    expect(await exchangeUnix(ready, lines('GET /readyz HTTP/1.1', 'Host: localhost'))).toMatch(
      /503 [\s\S]*draining/,
    )

    // Finished in its own time, while the others run on.
    const finished = await short
    expect([finished.status, finished.isWhole]).toEqual([200, true])
    expect(finished.text).toContain('"done":true')
    expect(performance.now() - stoppedAt).toBeLessThan(boundMs - 2_000)

    // No clean end: no end of the message, and nothing that a reader of the stream treats as one.
    const cut = await Promise.all(long)
    for (const { status, isWhole, text } of cut) {
      expect([status, isWhole]).toEqual([200, false])
      expect(text).toContain('word')
      expect(text).not.toContain('"done":true')
    }
    expect(performance.now() - stoppedAt).toBeGreaterThan(boundMs / 2)
    // This one had sent nothing, so that its answer can still be an error.
    const told = await silent
    expect([told.status, told.isWhole]).toEqual([503, true])

    const [code] = (await exited) as [number | null]
    expect(code).toBe(0)
    expect(performance.now() - stoppedAt).toBeLessThan(boundMs + 5_000)

    const records = await readRecords(join(stack.stateDir, 'usage.db'))
    const outcomeOf = ({ requestId }: Ended) =>
      records.filter((one) => one.requestId === requestId).map(({ outcome }) => outcome)
    expect(outcomeOf(finished)).toEqual(['answered'])
    expect(cut.map(outcomeOf)).toEqual([['failed'], ['failed']])
    expect(outcomeOf(told)).toEqual(['failed'])
    // The log has the end of each as well, and its reason.
    const said = gatekeeper.output()
    for (const { requestId } of [finished, ...cut, told]) {
      expect(said.split('\n').filter((one) => one.includes(requestId))).toHaveLength(1)
    }
    expect(said).toContain('"cause":"STOPPING"')
    expect(said).toMatch(/stopped/)
  })
})
