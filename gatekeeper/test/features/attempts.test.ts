import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createApiKey } from '../../src/api-keys/api-key.ts'
import { twoPointGateway } from '../support/gateway-file.ts'
import { makeKey } from '../support/keys.ts'
import { type Stack, startStack, testCaddy } from '../support/stack.ts'

const ada = makeKey()

describe.skipIf(testCaddy === null)('bad keys from one address', () => {
  let stack: Stack
  beforeAll(async () => {
    const config = `${twoPointGateway}\nattempts: {burst: 10, perMinute: 1}\n`
    stack = await startStack({ keys: [ada], config })
  })
  afterAll(() => stack?.stop())

  it('are limited to the burst, counted exactly when they come at once, and for both points together', async () => {
    const guess = (path: string) => stack.send(path, { key: createApiKey().key })
    const answers = await Promise.all(Array.from({ length: 100 }, () => guess('/api/tags')))
    const count = (status: number) => answers.filter((answer) => answer.status === status).length
    expect({ 401: count(401), 429: count(429) }).toEqual({ 401: 10, 429: 90 })
    expect((await guess('/chat/api/tags')).status).toBe(429)
    const limited = answers.find(({ status }) => status === 429)
    expect(limited?.headers['retry-after']).toBe('30')
    expect(stack.upstream.requests).toBe(0)
  })

  it('lock out no valid key, not even at the same address', async () => {
    expect((await stack.send('/api/tags', { key: ada.key })).status).toBe(200)
    expect((await stack.send('/chat/api/tags', { key: ada.key })).status).toBe(200)
  })

  it('are counted for the address that Caddy saw, not for one that the client claims', async () => {
    const headers = { 'x-forwarded-for': '9.9.9.9', 'x-gatekeeper-client-address': '9.9.9.9' }
    const answer = await stack.send('/api/tags', { key: createApiKey().key, headers })
    expect(answer.status).toBe(429)
  })
})
