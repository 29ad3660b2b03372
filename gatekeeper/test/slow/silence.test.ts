/**
 * Ten silent minutes of model loading must pass. What breaks them in practice is a default limit of
 * one minute somewhere on the way, so 75 s show it, over both versions of HTTP and at both points.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { Agent } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { unqueuedGateway } from '../support/gateway-file.ts'
import { makeKey } from '../support/keys.ts'
import { type Stack, startStack, testCaddy } from '../support/stack.ts'

const ada = makeKey()
const silentMs = 75_000

describe.skipIf(testCaddy === null)('fact 9: a model silent for longer than a minute', () => {
  let stack: Stack
  beforeAll(async () => {
    // All of them at once: this tests the silence, not the queue.
    stack = await startStack({ keys: [ada], config: unqueuedGateway })
    stack.upstream.behave({
      answer: async (response, { url }) => {
        if (url.includes('generate')) await sleep(silentMs)
        response.writeHead(200, { 'content-type': 'application/x-ndjson' })
        response.write('{"part":1}\n')
        if (!url.includes('generate')) await sleep(silentMs)
        response.end('{"done":true}\n')
      },
    })
  })
  afterAll(() => stack?.stop())

  const cases = ['/api', '/chat/api'].flatMap((prefix) =>
    ['generate', 'chat'].flatMap((name) =>
      [false, true].map((isH2) => ({ path: `${prefix}/${name}`, isH2 })),
    ),
  )

  it.concurrent.each(cases)(
    'can still answer: $path, HTTP/2 $isH2',
    { timeout: 120_000 },
    async (at) => {
      const dispatcher = new Agent({
        ...{ connect: { ca: stack.ca }, allowH2: at.isH2, headersTimeout: 0, bodyTimeout: 0 },
      })
      const answer = await dispatcher.request({
        ...{ origin: stack.url, path: at.path, method: 'POST', body: '{"model":"demo"}' },
        headers: { authorization: `Bearer ${ada.key}`, 'content-type': 'application/json' },
      })
      expect(answer.statusCode).toBe(200)
      expect(await answer.body.text()).toBe('{"part":1}\n{"done":true}\n')
      await dispatcher.close()
    },
  )
})
