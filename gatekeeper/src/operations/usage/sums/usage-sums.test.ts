import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { recordOf } from '../../../../test/support/describe-journal.ts'
import { openChain } from '../../../audit/chain-writer.ts'
import { openSubjects } from '../../../audit/subjects.ts'
import {
  closeDatabase,
  openUsageDatabase,
  type UsageDatabase,
} from '../../../usage/journal/sqlite/open-database.ts'
import { databaseIn } from '../../../usage/journal/sqlite/sqlite-journal.ts'
import { writeBatch } from '../../../usage/journal/sqlite/write-batch.ts'
import type { UsageRecord } from '../../../usage/journal/usage-journal.ts'
import { hideUsageOf } from '../person-usage.ts'
import { readUsage } from '../read-usage.ts'
import { bucketSizes } from './bucket-start.ts'
import type { SumsQuestion, UsageScope } from './read-sums.ts'
import { openUsageSums, type UsageSums } from './usage-sums.ts'

let folder = ''
let now = 0
let log: UsageDatabase
const opened: UsageSums[] = []
const noon = Date.UTC(2026, 9, 25, 12)

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gk sums '))
  now = noon
  log = await openUsageDatabase(databaseIn(folder), true)
})
afterEach(async () => {
  for (const sums of opened.splice(0)) sums.close()
  await closeDatabase(log)
  rmSync(folder, { recursive: true, force: true })
})

function open(timeZone = 'Europe/Berlin'): UsageSums {
  const path = join(folder, 'admin', 'usage-sums.db')
  const auditFolder = join(folder, 'audit')
  const sums = openUsageSums({ stateDir: folder, auditFolder, timeZone, path, clock: () => now })
  opened.push(sums)
  return sums
}

function use(...records: Partial<UsageRecord>[]): void {
  writeBatch(
    log,
    records.map((record) => ({
      kind: 'record' as const,
      settled: { reservationId: null, record: recordOf({ at: noon, ...record }), charges: [] },
    })),
  )
}

const day = 86_400_000
async function ask(sums: UsageSums, over: Partial<SumsQuestion> = {}) {
  const question = {
    fromAt: 0,
    toAt: noon + 10 * day,
    size: 'day',
    by: 'user',
    scope: null,
  } as const
  // Names are compared every two seconds.
  now += 2_000
  return await sums.read({ ...question, ...over })
}

const scopeOf = (user: string | null, ...keys: string[]): UsageScope => ({
  user,
  keys: new Set(keys),
})

const anyRecord = fc.record({
  at: fc.integer({ min: noon - 3 * day, max: noon }),
  user: fc.constantFrom('ada', 'grace', null),
  principalId: fc.constantFrom('key:a', 'key:b', 'client:c'),
  service: fc.constantFrom('ollama', 'openai'),
  model: fc.constantFrom('llama', 'gpt', null),
  status: fc.constantFrom(200, 404, 502),
  outcome: fc.constantFrom('answered' as const, 'aborted' as const),
  inputTokens: fc.nat(1000),
  outputTokens: fc.nat(1000),
  microUsd: fc.nat(1_000_000),
  durationMs: fc.nat(10_000),
})
type Counted = Omit<
  UsageRecord,
  'requestId' | 'endpoint' | 'isEstimated' | 'queueMs' | 'answerBytes' | 'splitKey'
>

function naive(records: readonly Counted[]) {
  const sum = (name: 'inputTokens' | 'outputTokens' | 'microUsd' | 'durationMs') =>
    records.reduce((all, record) => all + record[name], 0)
  return {
    requests: records.length,
    failed: records.filter(({ outcome, status }) => outcome !== 'answered' || status >= 400).length,
    inputTokens: sum('inputTokens'),
    outputTokens: sum('outputTokens'),
    microUsd: sum('microUsd'),
    durationMs: sum('durationMs'),
  }
}

const columnOf = { user: 'user', key: 'principalId', model: 'model', service: 'service' } as const

async function compare(
  sums: UsageSums,
  records: readonly Counted[],
  asked: Pick<SumsQuestion, 'size' | 'by' | 'scope'>,
) {
  const { size, by, scope } = asked
  const isMine = ({ user, principalId }: Counted) => user === 'ada' || principalId === 'client:c'
  const wanted = scope === null ? records : records.filter(isMine)
  const report = await ask(sums, asked)
  expect(report.total).toEqual(naive(wanted))
  for (const { name, user: _, mostly: __, ...found } of report.groups) {
    expect(found).toEqual(naive(wanted.filter((one) => one[columnOf[by]] === name)))
  }
  for (const [start, groups] of report.buckets) {
    const next = sums.buckets.nextOf(size, start)
    const within = wanted.filter(({ at }) => at >= start && at < next)
    const requests = [...groups.values()].reduce((all, one) => all + one.requests, 0)
    expect(requests).toBe(within.length)
  }
}

describe('sums of the usage log', () => {
  it('are those of a naive calculation, for every size, group and scope', async () => {
    const cases = bucketSizes.flatMap((size) =>
      (['user', 'key', 'model', 'service'] as const).flatMap((by) =>
        [null, scopeOf('ada', 'client:c')].map((scope) => ({ size, by, scope })),
      ),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(anyRecord, { maxLength: 60 }), async (records) => {
        log.database.exec('DELETE FROM usage_log')
        rmSync(join(folder, 'admin'), { recursive: true, force: true })
        const sums = open()
        const half = Math.floor(records.length / 2)
        use(...records.slice(0, half))
        await ask(sums)
        use(...records.slice(half))
        for (const one of cases) await compare(sums, records, one)
      }),
      { numRuns: 12 },
    )
  })

  it('are those that the command line shows', async () => {
    use({ user: 'ada', at: noon }, { user: 'grace', at: noon - day, microUsd: 900 })
    const command = await readUsage(folder, { by: 'user', sinceAt: 0, timeZone: 'UTC' })
    const { groups } = await ask(open())
    expect(groups.map(({ name, requests, microUsd }) => ({ name, requests, microUsd }))).toEqual(
      command?.rows.map(({ name, requests, microUsd }) => ({ name, requests, microUsd })),
    )
  })

  it('continue after a restart where they stopped', async () => {
    use({}, {})
    const first = open()
    await first.catchUp()
    first.close()
    use({})
    expect((await ask(open())).total.requests).toBe(3)
  })

  it('begin again for another log, and for another time zone', async () => {
    use({ requestId: 'one' }, { requestId: 'two' })
    const sums = open()
    expect((await ask(sums)).total.requests).toBe(2)
    log.database.exec('DELETE FROM usage_log')
    use({ requestId: 'three' }, { requestId: 'four' }, { requestId: 'five' })
    expect((await ask(sums)).total.requests).toBe(3)
    sums.close()
    expect((await ask(open('Asia/Kolkata'))).total.requests).toBe(3)
  })

  it('are made again from a damaged file', async () => {
    use({})
    const first = open()
    await first.catchUp()
    first.close()
    const path = join(folder, 'admin', 'usage-sums.db')
    rmSync(`${path}-wal`, { force: true })
    writeFileSync(path, 'not a database, but long enough to be read as one by mistake')
    expect((await ask(open())).total.requests).toBe(1)
  })
})

describe('days of a time zone', () => {
  it('have 25 hours when the clocks go back, and 23 when they go forward', async () => {
    const { buckets } = open()
    const back = buckets.startOf('day', noon)
    expect(new Date(back).toISOString()).toBe('2026-10-24T22:00:00.000Z')
    expect(buckets.nextOf('day', back) - back).toBe(25 * 3_600_000)
    const forward = buckets.startOf('day', Date.UTC(2026, 2, 29, 12))
    expect(buckets.nextOf('day', forward) - forward).toBe(23 * 3_600_000)
  })

  it('begin at midnight there: a request a moment before counts for the day before', async () => {
    const midnight = Date.UTC(2026, 9, 24, 22)
    use({ at: midnight - 1, user: 'before' }, { at: midnight, user: 'after' })
    const { buckets } = await ask(open())
    expect([...buckets].map(([at, groups]) => [at, [...groups.keys()]])).toEqual([
      [Date.UTC(2026, 9, 23, 22), ['before']],
      [midnight, ['after']],
    ])
  })

  it('the hour that comes twice is two hours', async () => {
    use({ at: Date.UTC(2026, 9, 25, 0, 30) }, { at: Date.UTC(2026, 9, 25, 1, 30) })
    const { buckets } = await ask(open(), { size: 'hour' })
    expect([...buckets.keys()]).toEqual([Date.UTC(2026, 9, 25, 0), Date.UTC(2026, 9, 25, 1)])
  })

  it('every instant is in exactly one bucket, in zones of every kind', () => {
    const zones = ['Europe/Berlin', 'Asia/Kathmandu', 'America/St_Johns', 'Pacific/Apia', 'UTC']
    const at = fc.integer({ min: Date.UTC(2020, 0), max: Date.UTC(2030, 0) })
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.constantFrom(...bucketSizes),
        at,
        (zone, size, one) => {
          const { startOf, nextOf } = open(zone).buckets
          const [start, next] = [startOf(size, one), nextOf(size, one)]
          expect(start).toBeLessThanOrEqual(one)
          expect(next).toBeGreaterThan(one)
          expect(startOf(size, next)).toBe(next)
          expect(startOf(size, next - 1)).toBe(start)
        },
      ),
      { numRuns: 300 },
    )
  })
})

describe('names', () => {
  it('a member sees nothing of others', async () => {
    use({ user: 'ada', principalId: 'key:a' }, { user: 'grace', principalId: 'key:b' })
    const { groups, total } = await ask(open(), { by: 'key', scope: scopeOf('ada') })
    expect(groups.map(({ name }) => name)).toEqual(['key:a'])
    expect(total.requests).toBe(1)
    expect((await ask(open(), { scope: scopeOf('nobody') })).groups).toEqual([])
  })

  it('of an erased person are gone from reports and were never in the file', async () => {
    const secret = 'ada-lovelace-of-ockham'
    use({ user: secret }, { user: secret, service: 'openai' }, { user: 'grace' })
    const sums = open()
    expect((await ask(sums)).groups.map(({ name }) => name)).toContain(secret)
    const pseudonym = { user: secret, principals: [], ref: 'subject:0123456789abcdef' }
    await hideUsageOf(folder, pseudonym)
    const { groups, total } = await ask(sums)
    expect(groups.map(({ name }) => name)).toEqual(['subject:0123456789abcdef', 'grace'])
    expect(total.requests).toBe(3)
    for (const name of readdirSync(join(folder, 'admin'))) {
      expect(readFileSync(join(folder, 'admin', name)).includes(secret)).toBe(false)
    }
  })

  it('of random users of a public app are one', async () => {
    for (const end of ['aaaaaaaaaaaaaaaaaaaaaa', 'bbbbbbbbbbbbbbbbbbbbbb']) {
      use({ user: `shop:anon:${end}`, principalId: `app:shop:anon:${end}` })
    }
    const { groups } = await ask(open())
    expect(groups).toMatchObject([{ name: 'shop:anon', requests: 2 }])
  })
})

it('refused requests come from the audit, those of a member by the reference of the name', async () => {
  const audit = join(folder, 'audit')
  const rules = {
    ...{ segmentBytesMax: 2_000, totalBytesMax: 1e7, ageMaxMs: null },
    ...{ segmentAgeMaxMs: null, sharedLock: null },
  }
  const subjects = openSubjects(audit)
  const chain = (name: string) =>
    openChain(
      { name, ...rules },
      { folder: audit, clock: () => noon, sign: () => Promise.resolve(null), subjects },
    )
  const [requests, strangers] = [chain('requests-1'), chain('strangers-1')]
  for (let number = 0; number < 20; number++) {
    const user = number % 2 === 0 ? 'ada' : 'grace'
    await requests.record({ event: 'request', outcome: number < 10 ? 'deny' : 'allow', user })
  }
  const minute = new Date(noon - 60_000).toISOString()
  await strangers.record({ event: 'denials', minute, addressGroup: 'x', reason: 'y', count: 7 })
  const sums = open()
  await sums.catchUp()
  expect((await ask(sums)).refused).toBe(17)
  expect((await ask(sums, { scope: scopeOf('ada') })).refused).toBe(5)
  expect((await ask(sums, { scope: scopeOf('nobody') })).refused).toBe(0)
  await requests.record({ event: 'request', outcome: 'deny', user: 'ada' })
  expect((await ask(sums)).refused).toBe(18)
  await Promise.all([requests.close(), strangers.close()])
})
