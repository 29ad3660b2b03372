import {
  chmodSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { chargeOf, journalNow, recordOf } from '../../../../test/support/describe-journal.ts'
import { ProblemsError } from '../../../lib/problem.ts'
import { loadUsage } from './load-usage.ts'
import { closeDatabase, openForReading, openUsageDatabase } from './open-database.ts'
import { prune } from './prune.ts'
import { writeBatch } from './write-batch.ts'

let folder = ''
let path = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gk database '))
  path = join(folder, 'usage.db')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const settled = (amount: number) =>
  ({
    kind: 'record',
    settled: { reservationId: null, record: recordOf(), charges: [chargeOf(amount)] },
  }) as const

/** A database with something in it, closed. */
async function makeDatabase(): Promise<void> {
  const opened = await openUsageDatabase(path, true)
  writeBatch(opened, [settled(5)])
  await closeDatabase(opened)
}

async function problemOf(isFirst = true): Promise<string> {
  try {
    await closeDatabase(await openUsageDatabase(path, isFirst))
  } catch (error) {
    expect(error).toBeInstanceOf(ProblemsError)
    return (error as ProblemsError).message
  }
  return 'none'
}

describe('the database of the journal', () => {
  it('is for its owner only, with its side files', async () => {
    const opened = await openUsageDatabase(path, true)
    writeBatch(opened, [settled(5)])
    for (const name of [path, `${path}-wal`, `${path}-shm`]) {
      expect(statSync(name).mode & 0o777).toBe(0o600)
    }
    await closeDatabase(opened)
  })

  it('loses access rights of others', async () => {
    await makeDatabase()
    chmodSync(path, 0o644)
    await closeDatabase(await openUsageDatabase(path, true))
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  it('does not wait for readers, and readers do not wait for it', async () => {
    await makeDatabase()
    const writer = await openUsageDatabase(path, true)
    const reader = openForReading(path)
    reader.database.exec('BEGIN')
    expect(reader.database.prepare('SELECT count(*) AS n FROM usage_log').get()?.['n']).toBe(1)
    writeBatch(writer, [settled(1)])
    expect(reader.database.prepare('SELECT count(*) AS n FROM usage_log').get()?.['n']).toBe(1)
    reader.database.exec('COMMIT')
    expect(reader.database.prepare('SELECT count(*) AS n FROM usage_log').get()?.['n']).toBe(2)
    await closeDatabase(reader)
    await closeDatabase(writer)
  })

  it('cannot be written when opened for reading', async () => {
    await makeDatabase()
    const reader = openForReading(path)
    expect(() => reader.database.exec('DELETE FROM usage_log')).toThrow(/readonly/)
    await closeDatabase(reader)
  })
})

describe('an invalid database stops the start, and is not replaced', () => {
  it.each([
    ['is not a database', () => writeFileSync(path, 'x'.repeat(5000)), /damaged or not a database/],
    ['is empty', () => writeFileSync(path, ''), /is empty/],
    ['is cut to half', () => cutToHalf(), /damaged/],
    ['has a page of zeros', () => overwrite(4096, Buffer.alloc(8192)), /damaged|another program/],
    ['belongs to another program', () => makeForeign(), /another program/],
    ['was written by a newer version', () => makeNewer(), /newer Gatekeeper \(9999-later\)/],
    ['is gone, with its log left', () => leaveLog(), /is missing, but .*-wal/],
  ])('one that %s', async (_name, spoil, message) => {
    await makeDatabase()
    spoil()
    const before = readIfThere()
    expect(await problemOf()).toMatch(message)
    // A second start does not find it repaired either.
    expect(await problemOf()).toMatch(message)
    expect(readIfThere()).toEqual(before)
  })

  it('one that is deleted while the process runs is not created again', async () => {
    expect(await problemOf(false)).toMatch(/no longer exists/)
  })

  it('the fix says what to move away, and that works', async () => {
    await makeDatabase()
    writeFileSync(path, 'x'.repeat(5000))
    expect(await problemOf()).toMatch(
      /move .*usage\.db and all files named .*usage\.db-\* elsewhere/,
    )
    renameSync(path, `${path}.old`)
    expect(await problemOf()).toBe('none')
  })

  it('a start killed while it created the database leaves nothing that counts', async () => {
    writeFileSync(`${path}.new`, 'half')
    expect(await problemOf()).toBe('none')
  })

  const readIfThere = () => {
    try {
      return readFileSync(path)
    } catch {
      return null
    }
  }
  const cutToHalf = () => {
    const bytes = readFileSync(path)
    writeFileSync(path, bytes.subarray(0, bytes.length / 2))
  }
  const overwrite = (from: number, by: Buffer) => {
    const bytes = readFileSync(path)
    by.copy(bytes, from)
    writeFileSync(path, bytes)
  }
  const makeForeign = () => {
    rmSync(path)
    const other = new DatabaseSync(path)
    other.exec('CREATE TABLE usage_log (id INTEGER)')
    other.close()
  }
  const makeNewer = () => {
    const newer = new DatabaseSync(path)
    newer.exec("INSERT INTO kysely_migration VALUES ('9999-later', '2030-01-01T00:00:00Z')")
    newer.close()
  }
  const leaveLog = () => {
    writeFileSync(`${path}-wal`, 'x')
    rmSync(path)
  }
})

describe('pruning', () => {
  const dayMs = 86_400_000
  const record = (at: number) =>
    ({
      kind: 'record',
      settled: { reservationId: null, record: recordOf({ at }), charges: [] },
    }) as const
  const charge = (startAt: number, period: 'day' | 'lifetime' = 'day') =>
    ({ kind: 'charge', charges: [chargeOf(1, { startAt, period })] }) as const

  it('removes lines of the log that are too old, in steps, and reports when it is done', async () => {
    const opened = await openUsageDatabase(path, true)
    const old = Array.from({ length: 1200 }, (_, index) => record(index))
    writeBatch(opened, [...old, record(journalNow - 399 * dayMs)])
    const order = { now: journalNow, retainDays: 400 }
    const isMore: boolean[] = []
    for (let steps = 0; steps < 3; steps++) isMore.push(await prune(opened.queries, order))
    expect(isMore).toEqual([true, true, false])
    const left = await opened.queries.selectFrom('usage_log').select('at').execute()
    expect(left.map(({ at }) => at)).toEqual([journalNow - 399 * dayMs])
    await closeDatabase(opened)
  })

  it('keeps the balances of lifetimes, and the newest of all others, whatever the clock', async () => {
    const opened = await openUsageDatabase(path, true)
    const days = [1, 2, 3, 4, 5].map((day) => charge(day * dayMs))
    writeBatch(opened, [...days, charge(0, 'lifetime')])
    // A clock that runs ten years ahead for a while.
    await prune(opened.queries, { now: journalNow + 3650 * dayMs, retainDays: 400 })
    const { balances } = await loadUsage(opened, 5 * dayMs)
    expect(balances.map(({ period, startAt }) => `${period} ${startAt / dayMs}`).sort()).toEqual([
      ...['day 3', 'day 4', 'day 5', 'lifetime 0'],
    ])
    await closeDatabase(opened)
  })

  it('leaves nothing of users of apps who have been away long enough: there is no end of names', async () => {
    const opened = await openUsageDatabase(path, true)
    const use = (subject: string, at: number) =>
      ({
        kind: 'record',
        settled: {
          reservationId: null,
          record: recordOf({ principalId: subject, at }),
          charges: [chargeOf(1, { subject, startAt: at, unit: 'requests' })],
        },
      }) as const
    const old = journalNow - 500 * dayMs
    const users = ['app:shop:ada', 'app:shop:anon:x', 'app:shop', 'key:abcdefghij']
    writeBatch(opened, [...users.map((name) => use(name, old)), use('app:shop:bob', journalNow)])
    while (await prune(opened.queries, { now: journalNow, retainDays: 400 }));
    const kept = ['app:shop', 'app:shop:bob', 'key:abcdefghij']
    const balances = await opened.queries.selectFrom('balances').select('subject').execute()
    expect(balances.map(({ subject }) => subject).sort()).toEqual(kept)
    const used = await opened.queries.selectFrom('last_used').select('principal_id as id').execute()
    expect(used.map(({ id }) => id).sort()).toEqual(kept)
    await closeDatabase(opened)
  })

  it('forgets addresses after three days, and nothing else of that age', async () => {
    const opened = await openUsageDatabase(path, true)
    const subjects = ['address:192.0.2.1', 'network:192.0.2.0/24', 'key:abcdefghij', 'widget:x']
    const chargeAt = (startAt: number) =>
      subjects.map((subject) => chargeOf(1, { subject, startAt, unit: 'tokens' }))
    const settled = (startAt: number) => ({
      ...{ reservationId: null, record: recordOf({ at: startAt }), charges: chargeAt(startAt) },
    })
    for (const days of [2, 4]) {
      writeBatch(opened, [{ kind: 'record', settled: settled(journalNow - days * dayMs) }])
    }
    while (await prune(opened.queries, { now: journalNow, retainDays: 400 }));
    const rows = await opened.queries.selectFrom('balances').select('subject').execute()
    const counts = subjects.map((name) => rows.filter(({ subject }) => subject === name).length)
    expect(counts).toEqual([1, 1, 2, 2])
    await closeDatabase(opened)
  })
})
