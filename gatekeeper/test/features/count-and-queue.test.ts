import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeKey } from '../support/keys.ts'
import { type Stack, startStack, testCaddy } from '../support/stack.ts'

const ada = makeKey({ user: 'ada' })
const limited = makeKey({ user: 'eve', models: ['good'] })

describe.skipIf(testCaddy === null)('requests of programs to an Ollama', () => {
  let stack: Stack
  beforeAll(async () => {
    stack = await startStack({ keys: [ada, limited] })
  })
  afterAll(async () => await stack?.stop())

  const count = (key: string | undefined, content: string) =>
    stack.send('/v1/messages/count_tokens', {
      ...(key !== undefined && { key }),
      json: { model: 'bad', messages: [{ role: 'user', content }] },
    })

  it('count_tokens is answered by us, without a call of a model', async () => {
    const [short, long] = [await count(ada.key, 'x'), await count(ada.key, 'x'.repeat(4_000))]
    expect([short.status, long.status]).toEqual([200, 200])
    const [few, many] = [short, long].map(({ text }) => JSON.parse(text).input_tokens)
    expect(few).toBeGreaterThan(0)
    expect(many - few).toBe(1_000)
    expect(stack.upstream.requests).toBe(0)
  })

  it('it passes admission like every request', async () => {
    expect((await count(undefined, 'x')).status).toBe(401)
    expect((await count(limited.key, 'x')).status).toBe(404)
    const form = await stack.send('/v1/messages/count_tokens', { key: ada.key })
    expect(form.status).toBe(404)
  })

  it('40 pieces of a document at once with one key are all answered, as shipped', async () => {
    const json = { model: 'demo', input: 'a piece' }
    const sent = Array.from({ length: 40 }, () => stack.send('/api/embed', { key: ada.key, json }))
    const statuses = (await Promise.all(sent)).map(({ status }) => status)
    expect(statuses.filter((status) => status === 200)).toHaveLength(40)
  })

  it('a readwrite key cannot unload a model for everybody, and the text says why', async () => {
    const json = { model: 'demo', keep_alive: 0 }
    const answer = await stack.send('/api/generate', { key: ada.key, json })
    expect(answer.status).toBe(403)
    expect(answer.text).toMatch(/keep_alive: 0 without a prompt unloads the model.*role admin/)
  })

  it('a wrong key is refused at once, and a token may be fetched again', async () => {
    const wrong = await stack.send('/v1/models', { key: 'gk_x' })
    expect([wrong.status, wrong.headers['x-should-retry']]).toEqual([401, 'false'])
    const token = await stack.send('/v1/models', { key: 'e30.e30.c2ln' })
    expect([token.status, token.headers['x-should-retry']]).toEqual([401, undefined])
  })
})
