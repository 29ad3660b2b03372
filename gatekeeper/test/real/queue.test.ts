import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { countCalls } from '../features/support/client-calls.ts'
import { waitUntil } from '../support/child.ts'
import { decisionsOf } from '../support/decisions.ts'
import { makeKey } from '../support/keys.ts'
import { type Stack, startStack } from '../support/stack.ts'
import { llamaServer } from './parts/llama-server.ts'
import type { Running } from './parts/part.ts'
import { messages } from './support/entry-point.ts'
import { areAvailable } from './support/provision.ts'

const isAvailable = await areAvailable(llamaServer)
const floodRequests = 200
const singleRequests = 8
const answerTokens = 160
const ada = makeKey({ services: ['llama'] })
const otto = makeKey({ user: 'otto', services: ['llama'] })

const configFor = (url: string) => `version: 1
services:
  llama:
    kind: openai
    upstream: {url: "${url}"}
    slots: 1
    queue: {waiting: 300, waitingPerKey: 250, longestWaitSeconds: 300}
    routes: [{prefix: /v1}]
  tts: {kind: http, routes: [{prefix: /tts, strip: true}]}
`

describe.skipIf(!isAvailable)('one slot of a real model server', { timeout: 300_000 }, () => {
  let server: Running
  let stack: Stack
  beforeAll(async () => {
    server = await llamaServer.start({})
    stack = await startStack({ keys: [ada, otto], config: configFor(server.url) })
  }, 90_000)
  afterAll(async () => {
    await stack?.stop()
    await server?.stop()
  })

  const { fetch } = countCalls(() => stack)
  const lines = () => decisionsOf(stack).filter(({ service }) => service === 'llama')

  it(`a key that floods with ${floodRequests} requests lets another wait for two of them at most`, async () => {
    const json = { model: 'tiny', messages, max_tokens: answerTokens }
    const flood = Array.from({ length: floodRequests }, () =>
      stack.send('/v1/chat/completions', { key: ada.key, json }),
    )
    await waitUntil(() => lines().length > 5, {
      ...{ limitMs: 60_000, describe: stack.gatekeeper.output },
    })
    const other = new OpenAI({ baseURL: `${stack.url}/v1`, apiKey: otto.key, fetch })
    for (let turn = 0; turn < singleRequests; turn++) {
      const stream = await other.chat.completions.create({ ...json, stream: true })
      for await (const part of stream) expect(part.usage ?? null).toBeNull()
    }
    const doneBefore = lines().length
    const answers = await Promise.all(flood)
    expect(answers.map(({ status }) => status).filter((status) => status !== 200)).toEqual([])

    await waitUntil(() => lines().length >= floodRequests + singleRequests, {
      ...{ limitMs: 10_000, describe: () => `${lines().length} lines` },
    })
    const ran = lines().map((line) => Number(line['durationMs']) - Number(line['queueMs']))
    const waited = lines()
      .filter(({ user }) => user === 'otto')
      .map((line) => Number(line['queueMs']))
    expect(waited).toHaveLength(singleRequests)
    const floodWaits = lines()
      .filter(({ user }) => user === 'ada')
      .map((line) => Number(line['queueMs']))
    const [longestRunMs, longestWaitMs] = [Math.max(...ran), Math.max(...waited)]
    process.stderr.write(
      `queue: the longest request ran ${longestRunMs} ms, the other key waited ${longestWaitMs} ms\n`,
    )
    expect(longestWaitMs).toBeLessThanOrEqual(2 * longestRunMs + 50)
    // In the order of arrival it would have waited as long as the last of the flood.
    expect(longestWaitMs).toBeLessThan(Math.max(...floodWaits) / 5)
    expect(doneBefore).toBeLessThan(floodRequests)
  })

  it('and the usage of each is what the server counted', async () => {
    const own = lines().filter(({ user }) => user === 'otto')
    expect(own).toHaveLength(singleRequests)
    for (const line of own) {
      expect(line['outputTokens']).toBe(answerTokens)
      expect(line['inputTokens']).toBeGreaterThan(0)
      expect(line['isEstimated']).toBeUndefined()
    }
  })
})
