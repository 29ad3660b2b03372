import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { chargeOf, recordOf, reservationOf } from '../../../../test/support/describe-journal.ts'
import type { Operation } from '../operation.ts'
import { closeDatabase, openUsageDatabase, type UsageDatabase } from './open-database.ts'
import { inTransaction } from './transaction.ts'
import { writeBatch } from './write-batch.ts'

let folder = ''
const opened: UsageDatabase[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gk batch '))
})
afterEach(async () => {
  await Promise.all(opened.splice(0).map(closeDatabase))
  rmSync(folder, { recursive: true, force: true })
})

async function openNew(): Promise<UsageDatabase> {
  const database = await openUsageDatabase(join(folder, `usage-${opened.length}.db`), true)
  opened.push(database)
  return database
}

const write = (into: UsageDatabase, operations: readonly Operation[]) =>
  inTransaction(into, () => writeBatch(into, operations))

const open = (id: string): Operation => ({
  kind: 'open',
  reservation: reservationOf(id, chargeOf(100)),
})

const settle = (
  requestId: string,
  reservationId: string | null = null,
  change = {},
): Operation => ({
  kind: 'record',
  settled: { reservationId, record: recordOf({ requestId, ...change }), charges: [chargeOf(3)] },
})

/** All rows of a database, in a fixed order. */
const contentOf = ({ database }: UsageDatabase) => ({
  log: database.prepare('SELECT * FROM usage_log ORDER BY id').all(),
  balances: database.prepare('SELECT * FROM balances ORDER BY 1, 2, 3, 4').all(),
  open: database.prepare('SELECT * FROM open_reservations ORDER BY id').all(),
  lastUsed: database.prepare('SELECT * FROM last_used ORDER BY 1').all(),
})

describe('a batch', () => {
  it('leaves nothing open that it opens and closes, in either order', async () => {
    const into = await openNew()
    await write(into, [{ kind: 'cancel', id: 'a' }, open('a'), settle('b', 'b'), open('b')])
    expect(contentOf(into).open).toEqual([])
  })

  it('is written whole or not at all, and the one after it is', async () => {
    const into = await openNew()
    await write(into, [open('a')])
    const before = contentOf(into)
    const refused = settle('c', 'a', { microUsd: Number.NaN })
    await expect(write(into, [open('b'), settle('b', 'a'), refused])).rejects.toThrow(/NOT NULL/)
    await expect(write(into, [settle('b', 'a'), open('b'), open('b')])).rejects.toThrow(/UNIQUE/)
    expect(contentOf(into)).toEqual(before)
    await write(into, [open('b'), settle('d', 'a')])
    const { log, open: left } = contentOf(into)
    expect(log.map((row) => row['request_id'])).toEqual(['d'])
    expect(left.map((row) => row['id'])).toEqual(['b'])
  })

  it('may have more rows than a statement has values', async () => {
    const into = await openNew()
    const some = Array.from({ length: 2500 }, (_, index) => settle(`${index}`))
    await write(into, some)
    const { log, balances } = contentOf(into)
    expect(log.map((row) => row['request_id'])).toEqual(some.map((_, index) => `${index}`))
    expect(balances.map((row) => row['amount'])).toEqual([7500])
  })

  it('has the same effect as its operations one by one', async () => {
    const run = async (operations: readonly Operation[]) => {
      const [one, other] = [await openNew(), await openNew()]
      await write(one, operations)
      for (const operation of operations) await write(other, [operation])
      expect(contentOf(one)).toEqual(contentOf(other))
    }
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 30 }).map(toHistory), run), {
      numRuns: 5,
    })
  })
})

type Step = {
  readonly kind: Exclude<Operation['kind'], 'rename'>
  readonly principalId: string
  readonly at: number
  readonly amounts: readonly number[]
}

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom<Step['kind'][]>('open', 'open', 'record', 'record', 'cancel', 'charge'),
  principalId: fc.constantFrom('key:a', 'user:"; --', 'key:\u0000 \u{1f600}'),
  at: fc.nat(1000),
  amounts: fc.array(fc.nat(1_000_000), { maxLength: 3 }),
})

/** Operations in a possible order: what ends was opened, or had no reservation. */
function toHistory(steps: readonly Step[]): Operation[] {
  const held: string[] = []
  return steps.map(({ kind, principalId, at, amounts }, index): Operation => {
    const charges = amounts.map((amount, day) => chargeOf(amount, { startAt: day % 2 }))
    if (kind === 'charge') return { kind, charges }
    if (kind === 'cancel') return { kind, id: held.shift() ?? 'none' }
    if (kind === 'open') {
      held.push(`id-${index}`)
      return { kind, reservation: reservationOf(`id-${index}`, ...charges) }
    }
    const record = recordOf({ principalId, at, requestId: `request-${index}` })
    return { kind, settled: { reservationId: held.shift() ?? null, record, charges } }
  })
}
