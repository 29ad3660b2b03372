/** Time limits of a provider (P23): until an answer, until a stream begins, and between its parts. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type FaultyUpstream, startFaultyUpstream } from '../../../scripts/demo/faults.ts'
import { createGatewaySchema } from '../../src/config/gateway-schema.ts'
import { kinds } from '../../src/kinds/kinds.ts'
import { freePort } from '../support/free-port.ts'
import { makeKey } from '../support/keys.ts'
import { type Stack, startStack, testCaddy } from '../support/stack.ts'

const ada = makeKey({ services: ['acme', 'gone'] })
const timeouts = '{connectSeconds: 1, headersSeconds: 3, streamHeadersSeconds: 1, idleSeconds: 1}'

it('as shipped: ten minutes for a whole answer, one until a stream begins, ten between parts', () => {
  const file = { version: 1, services: {}, providers: { openai: { timeouts: {} } } }
  const read = createGatewaySchema(kinds).parse(file)
  expect(read.providers['openai']?.timeouts).toEqual({
    ...{ connectSeconds: 10, headersSeconds: 600, streamHeadersSeconds: 60, idleSeconds: 600 },
  })
})

describe.skipIf(testCaddy === null)('a provider that is late', () => {
  let stack: Stack
  let upstream: FaultyUpstream
  const folder = mkdtempSync(join(tmpdir(), 'gk-late-'))

  beforeAll(async () => {
    upstream = await startFaultyUpstream()
    const keyFile = join(folder, 'key')
    writeFileSync(keyFile, 'sk-account')
    const keyed = `like: openai, keyFile: "${keyFile}", timeouts: ${timeouts}`
    const config = `version: 1
services: {}
providers:
  acme: {${keyed}, url: "${upstream.url}/v1"}
  gone: {${keyed}, url: "http://127.0.0.1:${await freePort()}/v1"}
`
    stack = await startStack({ keys: [ada], config })
  })
  beforeEach(() => upstream.reset())
  afterAll(async () => {
    await stack.stop()
    await upstream.close()
    rmSync(folder, { recursive: true })
  })

  const ask = (name: string, stream: boolean) =>
    stack.send(`/${name}/v1/chat/completions`, {
      ...{ method: 'POST', key: ada.key },
      json: { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'x' }], stream },
    })

  it.each([
    ['an answer that does not begin', false, 3],
    ['a stream that does not begin', true, 1],
  ])('%s is 504 at its limit, with Retry-After', async (_, stream, seconds) => {
    upstream.behave({ neverAnswer: true })
    const begun = performance.now()
    const { status, text, headers } = await ask('acme', stream)
    const took = (performance.now() - begun) / 1000
    expect([status, headers['retry-after']]).toEqual([504, '30'])
    expect(JSON.parse(text)).toMatchObject({ error: { code: 'upstream_timeout' } })
    expect(took).toBeGreaterThan(seconds - 0.2)
    expect(took).toBeLessThan(seconds + 1.9)
  })

  it('one that refuses connections is 503, with Retry-After', async () => {
    const { status, text, headers } = await ask('gone', false)
    expect([status, headers['retry-after']]).toEqual([503, '5'])
    expect(JSON.parse(text)).toMatchObject({ error: { code: 'upstream_unreachable' } })
  })

  it('a long answer is not cut as long as its parts come', async () => {
    const part = 'data: {"choices":[{"index":0,"delta":{"content":"x"}}]}\n\n'
    upstream.behave({
      answer: async (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        for (let at = 0; at < 8; at++) {
          response.write(part)
          await new Promise((resolve) => setTimeout(resolve, 500))
        }
        response.end('data: [DONE]\n\n')
      },
    })
    const { status, text } = await ask('acme', true)
    expect([status, text.split('"x"').length]).toEqual([200, 9])
    expect(text).toContain('[DONE]')
  })

  it('a stream that falls silent is broken off, and never looks complete', async () => {
    upstream.behave({
      answer: (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        response.write('data: {"choices":[{"index":0,"delta":{"content":"x"}}]}\n\n')
      },
    })
    await expect(ask('acme', true)).rejects.toThrow()
  })
})
