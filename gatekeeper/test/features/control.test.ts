import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createApiKey } from '../../src/api-keys/api-key.ts'
import type { Reason } from '../../src/model/reason.ts'
import { makeKey } from '../support/keys.ts'
import { type Stack, startStack, testCaddy } from '../support/stack.ts'

const adminKey = 'admin-key-of-this-test-0123456789abcdef'
const root = makeKey({ role: 'admin', services: ['control'] })

describe.skipIf(testCaddy === null)('administration', () => {
  let stack: Stack
  beforeAll(async () => {
    stack = await startStack({ keys: [root], env: { ADMIN_API_KEY: adminKey } })
  })
  afterAll(() => stack?.stop())

  const at = async (headers: Record<string, string>, path = '/admin/nothing') => {
    const { status, headers: fields, text } = await stack.send(path, { headers })
    return { status, fields, body: JSON.parse(text) as Record<string, unknown> }
  }

  it('answers a stranger 401 whatever the path, and says 404 only to those it knows', async () => {
    for (const path of ['/admin', '/admin/nothing', '/admin/health/x']) {
      const answer = await at({}, path)
      expect(answer.status).toBe(401)
      expect(answer.fields['www-authenticate']).toBe('Bearer')
      expect(answer.fields['cache-control']).toBe('no-store')
      expect(answer.body).toMatchObject({ error: 'Authentication required', attemptsRemaining: 5 })
    }
    expect((await at({ 'x-admin-key': adminKey })).status).toBe(404)
  })

  it('`too-many-attempts`: five failed proofs lock an address out, also when they come at once', async () => {
    const guess = () => at({ 'x-admin-key': createApiKey().key })
    const answers = await Promise.all(Array.from({ length: 20 }, guess))
    const statuses = answers.map(({ status }) => status).sort()
    expect(statuses).toEqual([...Array(5).fill(401), ...Array(15).fill(429)])
    const left = answers.filter(({ status }) => status === 401)
    expect(left.map(({ body }) => body['attemptsRemaining']).sort()).toEqual([0, 1, 2, 3, 4])
    const [locked] = answers.filter(({ status }) => status === 429)
    expect(locked?.body['error']).toBe('Too Many Requests' satisfies string)
    expect('too-many-attempts' satisfies Reason).toBeTruthy()
    const wait = Number(locked?.fields['retry-after'])
    expect(wait).toBeGreaterThan(800)
    expect(wait).toBeLessThanOrEqual(900)
  })

  it('is then closed for the right secret too, but not for a key that cannot be guessed', async () => {
    expect((await at({ 'x-admin-key': adminKey })).status).toBe(429)
    expect((await at({ authorization: `Bearer ${root.key}` })).status).toBe(404)
    expect((await stack.send('/status', { key: root.key })).status).toBe(200)
  })
})
