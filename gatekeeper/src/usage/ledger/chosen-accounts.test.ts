import { describe, expect, it } from 'vitest'
import { aPrincipal, someFacts } from '../../../test/support/questions.ts'
import type { Refusal, Reservation } from '../../model/admission.ts'
import { parseLimit, quotaLimit, type ScopedLimit } from '../../model/limit.ts'
import { createMemoryJournal, createMemoryStore } from '../journal/memory-journal.ts'
import type { UsageJournal } from '../journal/usage-journal.ts'
import { createLedger, type LedgerDeps } from './ledger.ts'

const noon = Date.UTC(2026, 10, 22, 12)
const outcome = { status: 200, kind: 'answered', answerBytes: 10 } as const

const quotas = (user: string, daily: number | null, monthly: number | null = null): ScopedLimit[] =>
  [quotaLimit(daily, 'day'), quotaLimit(monthly, 'month')].map((limit) => {
    return { scope: 'app', subject: `app:my-app:${user}`, limit }
  })

function createFixture(over: Partial<LedgerDeps> = {}) {
  const store = createMemoryStore()
  const journal = createMemoryJournal(store)
  const time = { wallAt: noon, ticksMs: 1_000_000 }
  const deps = { clock: () => time.wallAt, ticks: () => time.ticksMs, timeZone: 'UTC' }
  const ledger = createLedger({ ...deps, journal, ...over })
  const reserve = (limits: readonly ScopedLimit[], over: object = {}) => {
    const subject = limits.find(({ scope }) => scope === 'app')?.subject ?? ''
    const principal = aPrincipal({ id: subject, kind: 'app' })
    return ledger.reserve({ facts: someFacts(over), principal, limits })
  }
  const call = async (limits: readonly ScopedLimit[]) => {
    if (!(await ledger.prepare(limits))) return 'unprepared'
    const reserved = reserve(limits)
    if ('reason' in reserved) return reserved.reason
    await reserved.open(someFacts())
    await reserved.settle(outcome)
    return 'admitted'
  }
  return { ledger, journal, store, time, reserve, call }
}

const refusalOf = (result: Reservation | Refusal): Refusal => {
  if (!('reason' in result)) throw new Error('was not refused')
  return result
}

describe('users of apps', () => {
  it('are refused before they are read from the journal, never counted as new', async () => {
    const { ledger, reserve } = createFixture()
    expect(refusalOf(reserve(quotas('ada', 5))).reason).toBe('ledger-unavailable')
    expect(ledger.standings(quotas('ada', 5))).toEqual([])
    expect(ledger.size()).toBe(0)
  })

  it('are refused while the journal cannot be read', async () => {
    const journal: UsageJournal = { ...createMemoryJournal(), balancesOf: async () => null }
    const { call, ledger } = createFixture({ journal })
    expect(await call(quotas('ada', 5))).toBe('unprepared')
    expect(await ledger.readStandings(quotas('ada', 5))).toBeNull()
  })

  it('keep their count when others push them out of memory, however many there are', async () => {
    const { call, ledger } = createFixture({ ownersMax: 3 })
    const users = Array.from({ length: 20 }, (_, at) => `user${at}`)
    for (let round = 0; round < 3; round++) {
      for (const user of users) expect(await call(quotas(user, 3))).toBe('admitted')
      expect(ledger.size()).toBeLessThanOrEqual(3)
    }
    for (const user of users) expect(await call(quotas(user, 3))).toBe('quota-exceeded')
  })

  it('keep their count over a restart', async () => {
    const first = createFixture()
    expect(await first.call(quotas('ada', 2))).toBe('admitted')
    const { balances } = await createMemoryJournal(first.store).load()
    const second = createFixture({ journal: createMemoryJournal(first.store), balances })
    expect(balances).toEqual([])
    expect(await second.call(quotas('ada', 2))).toBe('admitted')
    expect(await second.call(quotas('ada', 2))).toBe('quota-exceeded')
  })

  it('are not pushed out while a request of theirs runs', async () => {
    const { call, reserve, ledger } = createFixture({ ownersMax: 1 })
    await ledger.prepare(quotas('ada', 1))
    const held = reserve(quotas('ada', 1)) as Reservation
    expect(await call(quotas('bob', 1))).toBe('unprepared')
    await held.settle(outcome)
    expect(await call(quotas('bob', 1))).toBe('admitted')
    expect(await call(quotas('ada', 1))).toBe('quota-exceeded')
  })

  it('are not pushed out while a rate that no disk keeps is not at rest', async () => {
    const rate = { scope: 'reads', limit: parseLimit('2/min') } as const
    const withRate = (user: string) => [
      ...quotas(user, null),
      { ...rate, subject: `reads:app:my-app:${user}` } as ScopedLimit,
    ]
    const { call, ledger, reserve, time } = createFixture({ ownersMax: 1 })
    await ledger.prepare(withRate('ada'))
    const read = { endpoint: { ...someFacts().endpoint, class: 'read' } }
    const held = reserve(withRate('ada'), read) as Reservation
    await held.settle(outcome)
    expect(await call(withRate('bob'))).toBe('unprepared')
    time.ticksMs += 60_000
    expect(await call(withRate('bob'))).toBe('admitted')
  })

  it('two first requests at once share one count', async () => {
    const { call } = createFixture()
    const answers = await Promise.all(Array.from({ length: 50 }, () => call(quotas('ada', 7))))
    expect(answers.filter((one) => one === 'admitted')).toHaveLength(7)
  })

  it('that are only named cost no write and no memory', async () => {
    const { ledger, store } = createFixture()
    for (let at = 0; at < 1_000; at++) await ledger.readStandings(quotas(`user${at}`, 5))
    expect(ledger.size()).toBe(0)
    expect([store.records, [...store.balances], [...store.open]]).toEqual([[], [], []])
  })

  it('begin again with the day and the month of the calendar', async () => {
    const { call, time } = createFixture()
    expect(await call(quotas('ada', 1, 2))).toBe('admitted')
    expect(await call(quotas('ada', 1, 2))).toBe('quota-exceeded')
    time.wallAt = Date.UTC(2026, 10, 22, 23, 59, 59, 999)
    expect(await call(quotas('ada', 1, 2))).toBe('quota-exceeded')
    time.wallAt = Date.UTC(2026, 10, 23)
    expect(await call(quotas('ada', 1, 2))).toBe('admitted')
    time.wallAt = Date.UTC(2026, 10, 24)
    expect(await call(quotas('ada', 1, 2))).toBe('quota-exceeded')
    time.wallAt = Date.UTC(2026, 11, 1)
    expect(await call(quotas('ada', 1, 2))).toBe('admitted')
  })

  it('with a quota of 0 are refused until it begins again; with none they are counted', async () => {
    const { ledger, reserve, call } = createFixture()
    await ledger.prepare(quotas('ada', 0))
    expect(refusalOf(reserve(quotas('ada', 0)))).toMatchObject({
      ...{ reason: 'quota-exceeded', retryAfterMs: 12 * 3_600_000, limit: { amount: 0, used: 0 } },
    })
    for (let at = 0; at < 5; at++) expect(await call(quotas('bob', null))).toBe('admitted')
    const [day, month] = (await ledger.readStandings(quotas('bob', null))) ?? []
    expect([day?.used, month?.used]).toEqual([5, 5])
  })

  it('learn all their quotas when one refuses', async () => {
    const { call, ledger, reserve } = createFixture()
    await call(quotas('ada', 1, 10))
    await ledger.prepare(quotas('ada', 1, 10))
    expect(refusalOf(reserve(quotas('ada', 1, 10))).quotas).toMatchObject([
      { text: '1/day', used: 1 },
      { text: '10/month', used: 1 },
    ])
  })

  it('count reads too', async () => {
    const { ledger, reserve } = createFixture()
    await ledger.prepare(quotas('ada', 1))
    const read = { endpoint: { ...someFacts().endpoint, class: 'read' } }
    expect('reason' in reserve(quotas('ada', 1), read)).toBe(false)
    expect(refusalOf(reserve(quotas('ada', 1), read)).reason).toBe('quota-exceeded')
  })
})
