import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { journalNow, recordOf } from '../../../test/support/describe-journal.ts'
import {
  closeDatabase,
  openUsageDatabase,
  type UsageDatabase,
} from '../../usage/journal/sqlite/open-database.ts'
import { databaseIn } from '../../usage/journal/sqlite/sqlite-journal.ts'
import { writeBatch } from '../../usage/journal/sqlite/write-batch.ts'
import { findAnomalies } from './anomalies.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs
const hour = '2026-11-22T12:00:00.000Z'

let folder = ''
let opened: UsageDatabase
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gk anomalies '))
  opened = await openUsageDatabase(databaseIn(folder), true)
})
afterEach(async () => {
  await closeDatabase(opened)
  rmSync(folder, { recursive: true, force: true })
})

/** Writes requests of a key, `daysAgo` before an hour that begins at `journalNow`. */
function use(key: string, count: number, { daysAgo = 0, hoursAgo = 0, microUsd = 0 } = {}): void {
  const at = journalNow - daysAgo * dayMs - hoursAgo * hourMs
  const one = (number: number) => ({
    ...{ kind: 'record' as const },
    settled: {
      ...{ reservationId: null, charges: [] },
      record: recordOf({ principalId: key, at: at + number, microUsd }),
    },
  })
  writeBatch(
    opened,
    Array.from({ length: count }, (_, number) => one(number)),
  )
}
const everyDay = (key: string, count: number, options = {}) => {
  for (let daysAgo = 1; daysAgo <= 14; daysAgo++) use(key, count, { ...options, daysAgo })
}
const find = () => findAnomalies(opened.queries, journalNow - 5 * hourMs)

describe('an unusual hour of a key', () => {
  it('has more than ten times the requests of its mean, and more than 100', async () => {
    everyDay('key:ten', 11)
    use('key:ten', 110)
    everyDay('key:more', 11)
    use('key:more', 111)
    use('key:few', 100)
    expect(await find()).toMatchObject([
      { key: 'key:more', hour, requests: 111, meanRequests: 11, microUsd: 0, meanMicroUsd: 0 },
    ])
  })

  it('or more than ten times the money, also with usual requests', async () => {
    everyDay('key:dear', 101, { microUsd: 1 })
    use('key:dear', 101, { microUsd: 11 })
    everyDay('key:usual', 101, { microUsd: 1 })
    use('key:usual', 101, { microUsd: 10 })
    expect(await find()).toMatchObject([
      { key: 'key:dear', requests: 101, meanRequests: 101, microUsd: 1111, meanMicroUsd: 101 },
    ])
  })

  it('is compared with the same hour of 14 days, and with no other', async () => {
    use('key:a', 2000, { daysAgo: 14 })
    use('key:a', 1001)
    use('key:b', 2000, { daysAgo: 15 })
    use('key:b', 1001)
    use('key:c', 2000, { daysAgo: 1, hoursAgo: 1 })
    use('key:c', 1001)
    expect(await find()).toMatchObject([
      { key: 'key:b', meanRequests: 0 },
      { key: 'key:c', meanRequests: 0 },
    ])
  })

  it('is one of a key that slept for long: a stolen one begins so', async () => {
    use('key:old', 1, { daysAgo: 100 })
    use('key:old', 101, { hoursAgo: 2 })
    expect(await find()).toMatchObject([{ key: 'key:old', hour: '2026-11-22T10:00:00.000Z' }])
  })

  it('is in the window, and only of keys', async () => {
    use('key:before', 101, { hoursAgo: 6 })
    use('anonymous', 101)
    use('client:ci', 101)
    expect(await find()).toEqual([])
  })
})
