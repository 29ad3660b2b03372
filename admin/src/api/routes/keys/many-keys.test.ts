import { mkdir, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openApi, type TestApi } from '../../../../test/support/open-api.ts'
import { keyEndpoints } from './endpoints.ts'

const count = 100_000
const limitMs = 200
let api: TestApi

/** 100,000 keys as the command line writes them. */
function document(): string {
  const secret = { sha256: 'a'.repeat(64), createdAt: '2026-11-01T00:00:00.000Z', expiresAt: null }
  const keys = Array.from({ length: count }, (_, at) => {
    const entry = {
      ...{ user: `user-${at % 977}`, role: 'readwrite', services: ['ollama'], secrets: [secret] },
      ...{ createdAt: '2026-11-01T00:00:00.000Z', expiresAt: null, disabled: at % 10 === 0 },
      ...{ addresses: [], origins: [], models: [], limits: ['60/min', '200k-tokens/day'] },
      ...{ description: `machine ${at}`, tags: [`env=${at % 2 === 0 ? 'prod' : 'test'}`] },
      ...(at % 50 === 0 && { madeBy: 'mia0000000' }),
    }
    return [String(at).padStart(10, '0'), entry] as const
  })
  return `${JSON.stringify({ version: 1, keys: Object.fromEntries(keys) }, null, 2)}\n`
}

beforeAll(async () => {
  api = await openApi({ rows: keyEndpoints })
  await mkdir(api.keysDir, { recursive: true })
  await writeFile(api.installation.file, document())
  // The file is read once, when the keys are first asked for.
  await api.as('olga')('GET /keys')
  await api.as('mia')('GET /keys')
}, 120_000)
afterAll(() => api.close())

/**
 * The time on a processor of this process, which is client and server here: how long it waits for a
 * processor depends on what else runs on this machine.
 */
async function time(name: string, query: string) {
  const before = process.cpuUsage()
  const answer = await api.as(name)(`GET /keys${query}`)
  const { user, system } = process.cpuUsage(before)
  return { answer, ms: (user + system) / 1000 }
}

describe('a list of 100,000 keys answers within 200 ms', () => {
  test.each([
    ['olga', '?limit=200'],
    ['olga', '?q=machine+99999'],
    ['olga', '?q=nothing-has-this'],
    ['olga', '?sort=-createdAt'],
    ['olga', '?sort=lastUsedAt&state=disabled'],
    ['olga', '?user=user-5&service=ollama&tag=env=prod'],
    ['olga', '?sort=-user&state=active&limit=200'],
    ['mia', '?limit=200'],
    ['mia', '?sort=expiresAt'],
  ])('%s %s', async (name, query) => {
    const times: number[] = []
    // The least of three: the collector of garbage is on the processor too.
    for (let round = 0; round < 3; round++) {
      const { answer, ms } = await time(name, query)
      expect(answer.status).toBe(200)
      times.push(ms)
    }
    expect(Math.min(...times)).toBeLessThan(limitMs)
  })

  test('the last page as well as the first, and no key comes twice', async () => {
    const seen = new Set<string>()
    let cursor = ''
    let slowest = 0
    for (;;) {
      const { answer, ms } = await time('mia', `?limit=200&sort=-id${cursor}`)
      slowest = Math.max(slowest, ms)
      for (const { id } of answer.body.items) seen.add(id)
      if (answer.body.next === null) break
      cursor = `&cursor=${answer.body.next}`
    }
    expect(seen.size).toBe(count / 50)
    expect(slowest).toBeLessThan(3 * limitMs)
  })

  test('and one key', async () => {
    const { answer, ms } = await time('olga', '/0000050000')
    expect(answer.body).toMatchObject({ id: '0000050000', description: 'machine 50000' })
    expect(ms).toBeLessThan(limitMs)
  })
})

test('a change of one of 100,000 keys is in the next list', async () => {
  const { etag } = await api.as('olga')('GET /keys/0000050001')
  const changed = await api.as('olga')('PATCH /keys/0000050001', {
    body: { disabled: true },
    headers: { 'if-match': etag ?? '' },
  })
  expect(changed.status).toBe(200)
  const { body } = await api.as('olga')('GET /keys?q=0000050001')
  expect(body.items).toMatchObject([{ id: '0000050001', disabled: true }])
}, 60_000)
