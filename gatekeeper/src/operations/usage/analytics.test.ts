import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { recordOf } from '../../../test/support/describe-journal.ts'
import { closeDatabase, openUsageDatabase } from '../../usage/journal/sqlite/open-database.ts'
import { databaseIn } from '../../usage/journal/sqlite/sqlite-journal.ts'
import { writeBatch } from '../../usage/journal/sqlite/write-batch.ts'
import { type CallQuestion, sumCalls } from './analytics.ts'
import { queryUsage } from './read-usage.ts'

let folder = ''
const own = 25_003

const use = (principalId: string, at: number) =>
  ({
    kind: 'record',
    settled: { reservationId: null, record: recordOf({ principalId, at }), charges: [] },
  }) as const

// Ten calls of each millisecond, so that the reads end between equal instants.
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gk analytics '))
  const opened = await openUsageDatabase(databaseIn(folder), true)
  const mine = Array.from({ length: own }, (_, call) => use('app:shop:eve', Math.floor(call / 10)))
  writeBatch(opened, [...mine, use('key:a', 7), use('key:a', 9_000_000)])
  await closeDatabase(opened)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const ask = (over: Partial<CallQuestion>) =>
  queryUsage(folder, (queries) => {
    const question = { fromAt: 0, toAt: 10_000_000, principalId: null, ...over }
    return sumCalls(queries, 'caller', question)
  })

it('counts each of many calls once, for everybody and for one caller', async () => {
  const all = await ask({})
  expect(all?.get('app:shop:eve')?.requests).toBe(own)
  expect(all?.get('key:a')?.requests).toBe(2)
  expect((await ask({ principalId: 'app:shop:eve' }))?.get('app:shop:eve')?.requests).toBe(own)
  expect((await ask({ principalId: 'key:a', fromAt: 8 }))?.get('key:a')?.requests).toBe(1)
  expect((await ask({ principalId: 'key:none' }))?.size).toBe(0)
})

it('a report about many calls gives others their turn, and ends when nobody waits for it', async () => {
  const left = new AbortController()
  const report = ask({ signal: left.signal })
  setImmediate(() => left.abort())
  await expect(report).rejects.toMatchObject({ name: 'AbortError' })
})
