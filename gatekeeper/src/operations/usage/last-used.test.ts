import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { recordOf } from '../../../test/support/describe-journal.ts'
import { closeDatabase, openUsageDatabase } from '../../usage/journal/sqlite/open-database.ts'
import { databaseIn } from '../../usage/journal/sqlite/sqlite-journal.ts'
import { writeBatch } from '../../usage/journal/sqlite/write-batch.ts'
import { readLastUsed } from './last-used.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gk last used '))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const use = (principalId: string, at: number) =>
  ({
    kind: 'record',
    settled: { reservationId: null, record: recordOf({ principalId, at }), charges: [] },
  }) as const

it('is the latest of all uses, in any order of their ends', async () => {
  const opened = await openUsageDatabase(databaseIn(folder), true)
  writeBatch(opened, [use('key:a', 5), use('key:a', 3), use('key:b', 4)])
  writeBatch(opened, [use('key:a', 4), use('key:b', 9)])
  expect(await readLastUsed(folder)).toEqual(
    new Map([
      ['key:a', 5],
      ['key:b', 9],
    ]),
  )
  await closeDatabase(opened)
})

it('is empty without a database, and creates none', async () => {
  expect(await readLastUsed(folder)).toEqual(new Map())
  expect(await readLastUsed(folder)).toEqual(new Map())
})

it('reports what is wrong with an invalid database', async () => {
  writeFileSync(databaseIn(folder), 'x'.repeat(5000))
  await expect(readLastUsed(folder)).rejects.toThrow(/damaged/)
})
