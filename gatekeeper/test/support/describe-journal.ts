import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { subjectsOf } from '../../src/model/subject.ts'
import type {
  Balance,
  OpenReservation,
  UsageJournal,
  UsageRecord,
} from '../../src/usage/journal/usage-journal.ts'

/** A store with one journal after the other over it, as starts of the process follow each other. */
export type JournalPlace = {
  /** Starts over what is stored. */
  readonly start: () => UsageJournal
  /** Sets the store to the state that a process killed at this moment leaves. */
  readonly crash: () => void
  /** The usage log, in its order. */
  readonly records: () => Promise<readonly UsageRecord[]>
  readonly remove: () => Promise<void>
}

/** The instant of the suite's clock, the argument of `start`: 2026-11-22T12:00Z. */
export const journalNow = Date.UTC(2026, 10, 22, 12)
const today = Date.UTC(2026, 10, 22)
const month = Date.UTC(2026, 10, 1)

export const recordOf = (change: Partial<UsageRecord> = {}): UsageRecord => ({
  at: journalNow,
  requestId: 'request-1',
  principalId: 'key:abcdefghij',
  user: 'ada',
  service: 'ollama',
  model: 'llama3.2:1b',
  endpoint: '/api/chat',
  status: 200,
  outcome: 'answered',
  inputTokens: 12,
  outputTokens: 345,
  microUsd: 67,
  isEstimated: false,
  durationMs: 1234,
  queueMs: 5,
  answerBytes: 6789,
  splitKey: 'sk-own',
  ...change,
})

export const chargeOf = (amount: number, change: Partial<Balance> = {}): Balance => ({
  subject: 'key:abcdefghij',
  unit: 'tokens',
  period: 'day',
  startAt: today,
  amount,
  ...change,
})

export const reservationOf = (id: string, ...charges: Balance[]): OpenReservation => {
  const { outcome: _, isEstimated: __, ...record } = recordOf({ status: 0, requestId: id })
  return { id, record, charges }
}

const sorted = (balances: readonly Balance[]) =>
  balances
    .map(({ subject, unit, period, startAt, amount }) =>
      [subject, unit, period, startAt, amount].join(' '),
    )
    .sort()

/**
 * The promises of every journal, whatever its store. `make` gives an empty store; `numRuns` is how
 * many random histories it runs, each with some starts.
 */
export function describeJournal(
  name: string,
  make: () => JournalPlace,
  { numRuns }: { numRuns: number },
): void {
  describe(`the journal in ${name}`, () => {
    const places: JournalPlace[] = []
    const journals: UsageJournal[] = []
    const makePlace = () => {
      const place = make()
      places.push(place)
      return place
    }
    const start = async (place: JournalPlace) => {
      const journal = place.start()
      journals.push(journal)
      return { journal, loaded: await journal.load() }
    }
    const stop = async (journal: UsageJournal) => {
      journals.splice(journals.indexOf(journal), 1)
      await journal.close()
    }
    afterEach(async () => {
      await Promise.all(journals.splice(0).map((journal) => journal.close()))
      await Promise.all(places.splice(0).map((place) => place.remove()))
    })

    it('starts empty and without an error', async () => {
      const { journal, loaded } = await start(makePlace())
      expect(loaded).toEqual({ balances: [], interrupted: 0 })
      expect(journal.state()).toEqual({ status: 'healthy' })
    })

    it('has the recorded lines at the next start, unchanged', async () => {
      const place = makePlace()
      const odd = `"'; DROP TABLE usage_log; --\u0000 \u{1f600} =1+1`
      const records = [
        recordOf(),
        recordOf({
          user: null,
          model: null,
          endpoint: null,
          outcome: 'aborted',
          isEstimated: true,
        }),
        recordOf({ user: odd, model: odd, requestId: odd, microUsd: Number.MAX_SAFE_INTEGER }),
      ]
      const first = await start(place)
      for (const record of records) {
        const charges = [
          chargeOf(5),
          chargeOf(1, { unit: 'requests', period: 'month', startAt: month }),
        ]
        expect(await first.journal.record({ reservationId: null, record, charges })).toBe('durable')
      }
      await stop(first.journal)
      const { loaded } = await start(place)
      expect(sorted(loaded.balances)).toEqual([
        `key:abcdefghij requests month ${month} 3`,
        `key:abcdefghij tokens day ${today} 15`,
      ])
      expect(await place.records()).toEqual(records)
    })

    it('reads the counters of users of apps when they are asked for, and not at the start', async () => {
      const place = makePlace()
      const first = await start(place)
      const owner = 'app:my-app:ada:x'
      const of = (subject: string, amount: number) =>
        chargeOf(amount, { subject, unit: 'requests' })
      const charges = [of(owner, 3), of(`reads:${owner}`, 2), of('app:my-app', 7), of('key:a', 1)]
      void first.journal.record({ reservationId: null, record: recordOf(), charges }, 'soon')
      // With what was recorded just before, though nobody waited for it.
      expect(sorted((await first.journal.balancesOf(subjectsOf(owner))) ?? [])).toEqual([
        `${owner} requests day ${today} 3`,
        `reads:${owner} requests day ${today} 2`,
      ])
      await stop(first.journal)
      const { journal, loaded } = await start(place)
      expect(sorted(loaded.balances)).toEqual([
        `app:my-app requests day ${today} 7`,
        `key:a requests day ${today} 1`,
      ])
      expect(await journal.balancesOf(['app:my-app:eve'])).toEqual([])
      expect(await journal.balancesOf([owner])).toHaveLength(1)
    })

    it('gives the calls of one principal another name, and leaves all others', async () => {
      const place = makePlace()
      const { journal } = await start(place)
      const from = 'app:shop:ada'
      for (const principalId of [from, 'app:shop:ada2', from]) {
        const record = recordOf({ principalId, user: principalId })
        await journal.record({ reservationId: null, record, charges: [] })
      }
      expect(await journal.rename(from, 'app:shop:removed-1')).toBe(true)
      expect(await journal.rename('app:shop:nobody', 'app:shop:removed-2')).toBe(true)
      await stop(journal)
      const seen = (await place.records()).map(({ principalId, user }) => [principalId, user])
      const removed = ['app:shop:removed-1', 'app:shop:removed-1']
      expect(seen).toEqual([removed, ['app:shop:ada2', 'app:shop:ada2'], removed])
    })

    it('keeps counters apart by subject, unit, period and its start', async () => {
      const place = makePlace()
      const charges = [
        chargeOf(1),
        chargeOf(2, { subject: 'user:ada' }),
        chargeOf(3, { unit: 'micro-usd' }),
        chargeOf(4, { period: 'lifetime', startAt: 0 }),
        chargeOf(5, { startAt: today + 86_400_000 }),
        chargeOf(6, { startAt: today - 86_400_000 }),
      ]
      const first = await start(place)
      await first.journal.record({ reservationId: null, record: recordOf(), charges })
      await stop(first.journal)
      expect(sorted((await start(place)).loaded.balances)).toEqual(sorted(charges))
    })

    it('loses no charge of 500 at once', async () => {
      const place = makePlace()
      const first = await start(place)
      const all = Array.from({ length: 500 }, (_, index) =>
        first.journal.record({
          reservationId: null,
          record: recordOf({ requestId: `request-${index}` }),
          charges: [chargeOf(index)],
        }),
      )
      expect(new Set(await Promise.all(all))).toEqual(new Set(['durable']))
      place.crash()
      expect(sorted((await start(place)).loaded.balances)).toEqual(sorted([chargeOf(124_750)]))
      const ids = (await place.records()).map(({ requestId }) => requestId)
      expect(ids).toEqual(Array.from({ length: 500 }, (_, index) => `request-${index}`))
    })

    it('keeps everything durable through a kill at that moment', async () => {
      const place = makePlace()
      const { journal } = await start(place)
      const settled = { reservationId: null, record: recordOf(), charges: [chargeOf(7)] }
      expect(await journal.record(settled)).toBe('durable')
      place.crash()
      expect((await start(place)).loaded.balances).toEqual([chargeOf(7)])
      expect(await place.records()).toEqual([recordOf()])
    })

    it('charges the estimate once for requests that a dead process left open', async () => {
      const place = makePlace()
      const { journal } = await start(place)
      expect(await journal.open(reservationOf('a', chargeOf(100)))).toBe('open')
      expect(await journal.open(reservationOf('b', chargeOf(11)))).toBe('open')
      place.crash()
      const second = await start(place)
      expect(second.loaded).toEqual({ balances: [chargeOf(111)], interrupted: 2 })
      const booked = { status: 0, outcome: 'interrupted', isEstimated: true } as const
      expect(await place.records()).toEqual([
        recordOf({ ...booked, requestId: 'a' }),
        recordOf({ ...booked, requestId: 'b' }),
      ])
      place.crash()
      const third = await start(place)
      expect(third.loaded).toEqual({ balances: [chargeOf(111)], interrupted: 0 })
    })

    it('counts nothing for an open reservation until it ends, and then its cost', async () => {
      const place = makePlace()
      const { journal } = await start(place)
      await journal.open(reservationOf('a', chargeOf(100)))
      await journal.record({ reservationId: 'a', record: recordOf(), charges: [chargeOf(3)] })
      place.crash()
      expect((await start(place)).loaded).toEqual({ balances: [chargeOf(3)], interrupted: 0 })
      expect(await place.records()).toEqual([recordOf()])
    })

    it('writes what waits before it closes', async () => {
      const place = makePlace()
      const { journal } = await start(place)
      const pending = journal.record({ reservationId: null, record: recordOf(), charges: [] })
      await stop(journal)
      expect(await pending).toBe('durable')
      expect(await place.records()).toEqual([recordOf()])
    })

    it('has the same totals as a plain sum, with kills at any point', async () => {
      const run = async (steps: readonly Step[]) => {
        const place = makePlace()
        const history = createHistory((await start(place)).journal)
        for (const step of [...steps, { kind: 'kill', charges: [] } as const]) {
          if (step.kind !== 'kill') await history.take(step)
          else {
            place.crash()
            await stop(history.journal())
            const { journal, loaded } = await start(place)
            history.goOn(journal)
            expect(sum(loaded.balances)).toEqual(sum(history.expected))
          }
        }
      }
      await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 12 }), run), { numRuns })
    })
  })
}

/**
 * The operations of a journal, and those that count: all that ended, and all that a kill left open.
 */
function createHistory(first: UsageJournal) {
  const expected: Balance[] = []
  const held = new Map<string, readonly Balance[]>()
  let journal = first
  let steps = 0
  return {
    expected,
    journal: () => journal,
    take: async ({ kind, charges }: Step) => {
      const id = `id-${steps++}`
      if (kind === 'open') {
        held.set(id, charges)
        return await journal.open(reservationOf(id, ...charges))
      }
      const [reservationId = null] = kind === 'end' ? held.keys() : []
      held.delete(reservationId ?? '')
      expected.push(...charges)
      return await journal.record({ reservationId, record: recordOf(), charges })
    },
    goOn: (next: UsageJournal) => {
      expected.push(...[...held.values()].flat())
      held.clear()
      journal = next
    },
  }
}

type Step = {
  readonly kind: 'record' | 'open' | 'end' | 'kill'
  readonly charges: readonly Balance[]
}

const charge = fc.record({
  subject: fc.constantFrom('global', 'user:ada', 'key:a b'),
  unit: fc.constantFrom<Balance['unit'][]>('requests', 'tokens', 'micro-usd'),
  period: fc.constantFrom<Balance['period'][]>('day', 'month'),
  startAt: fc.constantFrom(today, today - 86_400_000),
  amount: fc.nat(1_000_000),
})

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom<Step['kind'][]>('record', 'record', 'open', 'open', 'end', 'kill'),
  charges: fc.array(charge, { maxLength: 4 }),
})

function sum(charges: readonly Balance[]): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const { subject, unit, period, startAt, amount } of charges) {
    const key = JSON.stringify([subject, unit, period, startAt])
    sums[key] = (sums[key] ?? 0) + amount
  }
  return Object.fromEntries(
    Object.entries(sums)
      .filter(([, amount]) => amount > 0)
      .sort(),
  )
}
