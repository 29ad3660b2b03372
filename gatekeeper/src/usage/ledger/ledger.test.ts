import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anEndpoint, aPrincipal, aService, someFacts } from '../../../test/support/questions.ts'
import type { Refusal, Reservation } from '../../model/admission.ts'
import type { ScopedLimit } from '../../model/limit.ts'
import { type Limit, parseLimit } from '../../model/limit.ts'
import type { Estimate, Usage } from '../../model/usage.ts'
import { createMemoryJournal, createMemoryStore } from '../journal/memory-journal.ts'
import { createLedger, type LedgerDeps } from './ledger.ts'

const noon = Date.UTC(2026, 10, 22, 12)
const outcome = { status: 200, kind: 'answered', answerBytes: 10 } as const
const minuteMs = 60_000

/** Limits of one key, or of the subjects that are named before a colon. */
function limits(...texts: string[]): ScopedLimit[] {
  return texts.map((text) => {
    const limit = parseLimit(text)
    if (limit === null) throw new Error(`${text} is no limit`)
    return { scope: 'key', subject: 'key:a', limit }
  })
}

/** A ledger with both clocks under control of the test. */
function createFixture(over: Partial<LedgerDeps> = {}) {
  const time = { wallAt: noon, ticksMs: 1_000_000 }
  const deps = { clock: () => time.wallAt, ticks: () => time.ticksMs, timeZone: 'UTC' }
  const ledger = createLedger({ ...deps, journal: null, ...over })
  const reserve = (applicable: readonly ScopedLimit[], id = 'key:a') =>
    ledger.reserve({ facts: someFacts(), principal: aPrincipal({ id }), limits: applicable })
  const pass = (ms: number) => {
    time.wallAt += ms
    time.ticksMs += ms
  }
  /** How many of these requests are admitted. */
  const admitted = (count: number, applicable: readonly ScopedLimit[]) =>
    Array.from({ length: count }, () => reserve(applicable)).filter((one) => 'settle' in one).length
  return { ledger, time, reserve, pass, admitted }
}

const taken = (result: Reservation | Refusal): Reservation => {
  if ('reason' in result) throw new Error(`refused: ${result.reason}`)
  return result
}
const refused = (result: Reservation | Refusal | null): Refusal => {
  if (result === null || !('reason' in result)) throw new Error('was not refused')
  return result
}
const asking = (tokens: number, over: Partial<Estimate> = {}): Estimate => ({
  ...{ model: 'm', inputTokens: tokens, outputTokens: 0 },
  firm: { tokens, microUsd: 0 },
  hoped: { tokens: 0, microUsd: 0 },
  ...over,
})
const used = (tokens: number, microUsd = 0): Usage => ({
  ...{ model: 'm', inputTokens: tokens, outputTokens: 0, microUsd, isEstimated: false },
})
const readings = (fixture: ReturnType<typeof createFixture>, applicable: readonly ScopedLimit[]) =>
  fixture.ledger
    .standings(applicable)
    .map(({ text, used: spent, remaining }) => [text, spent, remaining])

/** By how many requests the fullest window holds more than its burst and what drained meanwhile. */
function excessOf(admittedAt: readonly number[], rate: { amount: number; burst: number }): number {
  const excesses = admittedAt.flatMap((startAt, from) =>
    admittedAt.slice(from).map((endAt, more) => {
      const drained = Math.floor(((endAt - startAt) * rate.amount) / minuteMs)
      return more + 1 - rate.burst - drained
    }),
  )
  return Math.max(0, ...excesses)
}

describe('500 requests at a limit of 10', () => {
  test.each(['10/min', '10/hour', '10/day', '10/month', '10/lifetime', '10-concurrent'])(
    'give 10 admitted ones, by %s',
    (text) => {
      const fixture = createFixture()
      expect(fixture.admitted(500, limits(text))).toBe(10)
    },
  )

  test('a refused request is charged nothing, by any limit', () => {
    const fixture = createFixture()
    const both = limits('1000/day', '10/min', '3-concurrent')
    expect(fixture.admitted(500, both)).toBe(3)
    expect(readings(fixture, both)).toEqual([
      ['1k/day', 3, 997],
      ['10/min', 3, 7],
      ['3-concurrent', 3, 0],
    ])
    expect(fixture.ledger.running()).toBe(3)
  })
})

describe('all limits that apply are tested and charged together', () => {
  const shared: ScopedLimit[] = [
    { scope: 'global', subject: 'global', limit: parseLimit('5/day') as Limit },
    { scope: 'user', subject: 'user:ada', limit: parseLimit('3/day') as Limit },
  ]
  const ofKey = (id: string): ScopedLimit[] => [
    ...shared,
    { scope: 'key', subject: id, limit: parseLimit('2/day') as Limit },
  ]

  test('the tightest wins, and is named with its scope', () => {
    const { reserve } = createFixture()
    const ask = (id: string) => reserve(ofKey(id), id)
    taken(ask('key:a'))
    taken(ask('key:a'))
    expect(refused(ask('key:a')).limit).toMatchObject({ scope: 'key', text: '2/day', remaining: 0 })
    taken(ask('key:b'))
    expect(refused(ask('key:b')).limit).toMatchObject({ scope: 'user', text: '3/day' })
  })

  test('two limits on one count are both compared, and charged once', () => {
    const fixture = createFixture()
    const two = limits('5/day', '3/day')
    expect(fixture.admitted(10, two)).toBe(3)
    expect(readings(fixture, two)).toEqual([
      ['5/day', 3, 2],
      ['3/day', 3, 0],
    ])
  })

  test('keys do not share an account, whatever their names', () => {
    const { reserve } = createFixture()
    for (const subject of ['key:a', 'key:A', '__proto__', 'constructor', '']) {
      const own: ScopedLimit[] = [{ scope: 'key', subject, limit: parseLimit('1/day') as Limit }]
      taken(reserve(own))
      refused(reserve(own))
    }
  })
})

describe('a rate', () => {
  test('allows its burst at once, then one after the other as time passes', () => {
    const { admitted, pass } = createFixture()
    const rate = limits('60/min burst 5')
    expect(admitted(10, rate)).toBe(5)
    pass(999)
    expect(admitted(10, rate)).toBe(0)
    pass(1)
    expect(admitted(10, rate)).toBe(1)
    pass(3_000)
    expect(admitted(10, rate)).toBe(3)
    pass(3_600_000)
    expect(admitted(10, rate)).toBe(5)
  })

  test('gives the time of the next free request to the millisecond', () => {
    const { reserve, admitted, pass } = createFixture()
    const rate = limits('7/min')
    expect(admitted(7, rate)).toBe(7)
    const { reason, retryAfterMs } = refused(reserve(rate))
    expect(reason).toBe('rate-limited')
    expect(retryAfterMs).toBe(Math.ceil(minuteMs / 7))
    pass((retryAfterMs ?? 0) - 1)
    refused(reserve(rate))
    pass(1)
    taken(reserve(rate))
  })

  test('never allows more in any window than its burst and what drains meanwhile', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 1, max: 100 }),
        fc.array(fc.integer({ min: 0, max: 20_000 }), { maxLength: 60 }),
        (amount, burst, gaps) => {
          const { reserve, pass, time } = createFixture()
          const rate = limits(`${amount}/min burst ${burst}`)
          const admittedAt: number[] = []
          for (const gap of gaps) {
            pass(gap)
            const tries = [1, 2, 3].filter(() => 'settle' in reserve(rate))
            admittedAt.push(...tries.map(() => time.ticksMs))
          }
          expect(excessOf(admittedAt, { amount, burst })).toBe(0)
        },
      ),
      { numRuns: 100 },
    )
  })

  test('has a window of any whole number of minutes or hours', () => {
    for (const [text, windowMs] of [
      ['6/15min', 15 * minuteMs],
      ['6/2hours', 120 * minuteMs],
    ] as const) {
      const { admitted, pass, reserve } = createFixture()
      const rate = limits(text)
      expect(admitted(10, rate)).toBe(6)
      expect(refused(reserve(rate))).toMatchObject({
        ...{ reason: 'rate-limited', retryAfterMs: windowMs / 6 },
        limit: { periodSeconds: windowMs / 1000, isRate: true },
      })
      pass(windowMs / 6 - 1)
      expect(admitted(2, rate)).toBe(0)
      pass(1)
      expect(admitted(2, rate)).toBe(1)
      pass(windowMs)
      expect(admitted(10, rate)).toBe(6)
    }
  })

  test('of tokens reserves the estimate, and is corrected by the actual use', () => {
    const { reserve, pass, ledger } = createFixture()
    const rate = limits('1000-tokens/min')
    const left = () => ledger.standings(rate)[0]?.remaining
    const first = taken(reserve(rate))
    expect(first.extend(asking(600))).toBeNull()
    expect(left()).toBe(400)
    const second = taken(reserve(rate))
    expect(refused(second.extend(asking(500))).reason).toBe('rate-limited')
    expect(left()).toBe(400)
    void first.settle(outcome, used(100))
    expect(left()).toBe(900)
    expect(second.extend(asking(900))).toBeNull()
    void second.settle(outcome, used(2_900))
    expect(left()).toBe(0)
    // Two minutes of over-use are paid back before anything fits again.
    pass(2 * minuteMs)
    expect(refused(reserve(rate)).reason).toBe('rate-limited')
    pass(minuteMs)
    expect(left()).toBe(1000)
  })

  test('of money counts single micro-dollars', () => {
    const { reserve, ledger } = createFixture()
    const rate = limits('0.000003usd/hour')
    const cost = (microUsd: number) => asking(0, { firm: { tokens: 0, microUsd } })
    expect(taken(reserve(rate)).extend(cost(2))).toBeNull()
    refused(taken(reserve(rate)).extend(cost(2)))
    expect(taken(reserve(rate)).extend(cost(1))).toBeNull()
    expect(ledger.standings(rate)[0]).toMatchObject({ used: 3, remaining: 0 })
  })
})

describe('a quota', () => {
  test('of a day is renewed at midnight, and gives that time', () => {
    const { reserve, admitted, pass } = createFixture()
    const quota = limits('3/day')
    expect(admitted(5, quota)).toBe(3)
    const refusal = refused(reserve(quota))
    expect(refusal).toMatchObject({ reason: 'quota-exceeded', retryAfterMs: 12 * 3_600_000 })
    expect(refusal.limit?.resetAt).toBe(Date.UTC(2026, 10, 23))
    pass(12 * 3_600_000 - 1)
    refused(reserve(quota))
    pass(1)
    expect(admitted(5, quota)).toBe(3)
  })

  test('of a lifetime is never renewed', () => {
    const { reserve, admitted, pass } = createFixture()
    const quota = limits('3/lifetime')
    expect(admitted(5, quota)).toBe(3)
    pass(1000 * 86_400_000)
    expect(refused(reserve(quota))).toMatchObject({
      ...{ reason: 'quota-exceeded', retryAfterMs: null },
      limit: { resetAt: null, remaining: 0 },
    })
  })

  test('that is used up is reported before the body is read, of tokens and money too', () => {
    const { reserve } = createFixture()
    const quota = limits('100-tokens/day')
    void taken(reserve(quota)).settle(outcome, used(100))
    expect(refused(reserve(quota)).reason).toBe('quota-exceeded')
  })

  test('of tokens allows requests that use none', () => {
    const { ledger, reserve } = createFixture()
    const quota = limits('100-tokens/day')
    void taken(reserve(quota)).settle(outcome, used(1_000))
    const facts = someFacts({ endpoint: anEndpoint({ class: 'read', body: 'none' }) })
    taken(ledger.reserve({ facts, principal: aPrincipal(), limits: quota }))
  })

  test('is charged the actual use even if that is more than was left', () => {
    const { reserve, ledger } = createFixture()
    const quota = limits('1000-tokens/day')
    const reservation = taken(reserve(quota))
    expect(reservation.extend(asking(10))).toBeNull()
    void reservation.settle(outcome, used(5_000))
    expect(ledger.standings(quota)[0]).toMatchObject({ used: 5_000, remaining: 0 })
  })

  test('belongs to the day in which the request arrived, even if it ends in the next', () => {
    const { reserve, pass, ledger } = createFixture()
    const quota = limits('1000-tokens/day')
    const reservation = taken(reserve(quota))
    reservation.extend(asking(500))
    pass(13 * 3_600_000)
    void reservation.settle(outcome, used(700))
    expect(ledger.standings(quota)[0]).toMatchObject({ used: 0, remaining: 1000 })
  })

  test('reserves what is left for output without a bound, and refuses nobody for it', () => {
    const { reserve, ledger } = createFixture()
    const quota = limits('1000-tokens/day')
    const hoping = asking(100, { hoped: { tokens: 5_000, microUsd: 0 } })
    const reservation = taken(reserve(quota))
    expect(reservation.extend(hoping)).toBeNull()
    expect(ledger.standings(quota)[0]).toMatchObject({ used: 1000, remaining: 0 })
    void reservation.settle(outcome, used(150))
    expect(ledger.standings(quota)[0]).toMatchObject({ used: 150, remaining: 850 })
  })
})

describe('an answer of which only a part was seen', () => {
  const quota = limits('100000-tokens/day', '5usd/day')
  const estimate = asking(100, {
    ...{ outputTokens: 1000, hoped: { tokens: 1000, microUsd: 900 } },
    firm: { tokens: 100, microUsd: 50 },
  })
  const cut = { status: 200, kind: 'aborted', answerBytes: 10 } as const
  const settle = (seen: Usage) => {
    const { reserve, ledger } = createFixture()
    const reservation = taken(reserve(quota))
    reservation.extend(estimate)
    void reservation.settle(cut, { ...seen, isAtLeast: true })
    return ledger.standings(quota).map((standing) => standing.used)
  }

  test('costs what was reserved, if that is more', () => {
    expect(settle(used(300, 200))).toEqual([1100, 950])
  })

  test('costs what was seen, if that is more: nobody gets a long answer for the reserve', () => {
    expect(settle(used(20_000, 18_000))).toEqual([20_000, 18_000])
  })
})

describe('a limit on concurrent requests', () => {
  test('counts a request as ended once, however often it ends', async () => {
    const { reserve, ledger } = createFixture()
    const two = limits('2-concurrent')
    const first = taken(reserve(two))
    taken(reserve(two))
    expect(refused(reserve(two))).toMatchObject({ reason: 'too-many-running' })
    const ends = [first.settle(outcome), first.settle({ ...outcome, kind: 'aborted' })]
    expect(ends[0]).toBe(ends[1])
    await Promise.all(ends)
    expect(ledger.running()).toBe(1)
    taken(reserve(two))
    refused(reserve(two))
  })

  test.each(['answered', 'aborted', 'failed'] as const)(
    'is released by a request that %s',
    (kind) => {
      const { reserve, ledger } = createFixture()
      const mixed = limits('1-concurrent', '5/day', '100-tokens/day')
      const reservation = taken(reserve(mixed))
      reservation.extend(asking(50))
      void reservation.settle({ status: 0, kind, answerBytes: 0 }, null)
      expect(ledger.standings(mixed).map((standing) => standing.used)).toEqual([
        ...[0, 1],
        // The usage of an aborted or an answered one is unknown: the estimate stays.
        kind === 'failed' ? 0 : 50,
      ])
    },
  )
})

/** A ledger beside the simplest account of it: three sums. */
function createModel() {
  const { reserve, ledger } = createFixture()
  const mixed = limits('30/day', '1000-tokens/day', '5-concurrent')
  const open: { reservation: Reservation; held: number }[] = []
  const closed: Reservation[] = []
  const sums = { requests: 0, tokens: 0 }
  const close = (at: number, spent: number) => {
    const [one] = open.splice(at, 1)
    if (one === undefined) return null
    closed.push(one.reservation)
    sums.tokens += spent - one.held
    return one.reservation
  }
  return {
    reserve: () => {
      const result = reserve(mixed)
      const isRoom = sums.requests < 30 && sums.tokens < 1000 && open.length < 5
      expect('settle' in result).toBe(isRoom)
      if (!('settle' in result)) return
      open.push({ reservation: result, held: 0 })
      sums.requests++
    },
    extend: (pick: number, tokens: number) => {
      const one = open[pick % Math.max(1, open.length)]
      if (one === undefined || one.held > 0) return
      const isRoom = sums.tokens + tokens <= 1000 || tokens === 0
      expect(one.reservation.extend(asking(tokens)) === null).toBe(isRoom)
      if (!isRoom) return
      one.held = tokens
      sums.tokens += tokens
    },
    settle: (pick: number, tokens: number) =>
      void close(pick % Math.max(1, open.length), tokens)?.settle(outcome, used(tokens)),
    fail: (pick: number) =>
      void close(pick % Math.max(1, open.length), 0)?.settle({
        ...{ status: 502, kind: 'failed', answerBytes: 0 },
      }),
    again: (pick: number) =>
      void closed[pick % Math.max(1, closed.length)]?.settle(outcome, used(999)),
    compare: () => {
      const sumsOfLedger = ledger.standings(mixed).map((standing) => standing.used)
      expect(sumsOfLedger).toEqual([sums.requests, sums.tokens, open.length])
      expect(ledger.running()).toBe(open.length)
    },
  }
}

test('any order of reserving, extending and settling keeps every sum exact', () => {
  const step = fc.record({
    kind: fc.constantFrom('reserve', 'extend', 'settle', 'fail', 'again' as const),
    pick: fc.nat(),
    tokens: fc.integer({ min: 0, max: 200 }),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const model = createModel()
      for (const { kind, pick, tokens } of steps) {
        model[kind](pick, tokens)
        model.compare()
      }
    }),
    { numRuns: 200 },
  )
})

describe('a clock that is changed', () => {
  const jumps = [-10 * 365, -400, -1, -0.1, 0.1, 1, 400, 10 * 365].map((days) => days * 86_400_000)

  test.each(jumps)('by %d ms neither opens nor blocks a rate', (jump) => {
    const { admitted, time, pass } = createFixture()
    const rate = limits('60/min')
    expect(admitted(100, rate)).toBe(60)
    time.wallAt += jump
    expect(admitted(100, rate)).toBe(0)
    pass(minuteMs)
    expect(admitted(100, rate)).toBe(60)
  })

  test.each(jumps)('by %d ms and corrected again leaves quotas as they were', (jump) => {
    const fixture = createFixture()
    const quotas = limits('3/day', '100/month', '100/lifetime')
    expect(fixture.admitted(5, quotas)).toBe(3)
    fixture.time.wallAt += jump
    fixture.ledger.standings(quotas)
    fixture.time.wallAt -= jump
    expect(fixture.admitted(5, quotas)).toBe(0)
    fixture.pass(86_400_000)
    expect(fixture.admitted(5, quotas)).toBe(3)
  })

  test('into another period for good gives that period its own count', () => {
    const fixture = createFixture()
    const quotas = limits('3/day')
    expect(fixture.admitted(5, quotas)).toBe(3)
    fixture.time.wallAt -= 30 * 86_400_000
    expect(fixture.admitted(5, quotas)).toBe(3)
    fixture.pass(86_400_000)
    expect(fixture.admitted(5, quotas)).toBe(3)
  })
})

describe('usage that a provider reports', () => {
  test.each([Number.NaN, -5, Number.POSITIVE_INFINITY, 1e300, 0.5])(
    'as %d tokens does not break an account',
    (tokens) => {
      const { reserve, ledger } = createFixture()
      const quota = limits('1000-tokens/day')
      const reservation = taken(reserve(quota))
      reservation.extend(asking(100))
      void reservation.settle(outcome, used(tokens))
      const [standing] = ledger.standings(quota)
      expect(Number.isSafeInteger(standing?.used)).toBe(true)
      expect(standing?.used).toBeGreaterThanOrEqual(0)
    },
  )
})

describe('memory', () => {
  test('is bounded by the keys in use: idle limits without a count are dropped', () => {
    const { ledger, reserve, pass } = createFixture()
    const own = (id: string, text: string): ScopedLimit[] => [
      { scope: 'key', subject: id, limit: parseLimit(text) as Limit },
    ]
    const kept = own('key:kept', '1/lifetime')
    const running = own('key:running', '1-concurrent')
    taken(reserve(kept))
    taken(reserve(running))
    for (let at = 0; at < 20_000; at++) {
      void taken(reserve(own(`key:${at}`, '10/min'))).settle(outcome)
      pass(100)
    }
    expect(ledger.size()).toBeLessThan(3_000)
    refused(reserve(kept))
    refused(reserve(running))
  })
})

describe('with a journal', () => {
  const quota = limits('1000-tokens/day', '10/month', '60/min', '1usd/lifetime')
  const durable = (amounts: readonly [number, number, number]) => [
    expect.objectContaining({ unit: 'tokens', period: 'day', amount: amounts[0] }),
    expect.objectContaining({ unit: 'requests', period: 'month', amount: amounts[1] }),
    expect.objectContaining({ unit: 'micro-usd', period: 'lifetime', amount: amounts[2] }),
  ]

  test('a reservation is opened with its estimate, and recorded with its use', async () => {
    const store = createMemoryStore()
    const { reserve } = createFixture({ journal: createMemoryJournal(store) })
    const reservation = taken(reserve(quota))
    reservation.extend(asking(70, { firm: { tokens: 70, microUsd: 7 }, model: 'llama' }))
    expect(await reservation.open(someFacts())).toBeNull()
    const [opened] = [...store.open.values()]
    expect(opened?.charges).toEqual(durable([70, 1, 7]))
    expect(opened?.record).toMatchObject({ model: 'llama', inputTokens: 70, service: 'ollama' })
    await reservation.settle(outcome, used(50, 5))
    expect(store.open.size).toBe(0)
    expect(store.records).toEqual([
      expect.objectContaining({ inputTokens: 50, microUsd: 5, outcome: 'answered', user: 'ada' }),
    ])
    expect([...store.balances.values()]).toEqual(durable([50, 1, 5]))
  })

  test('limits continue where an earlier process left them', async () => {
    const store = createMemoryStore()
    const first = createFixture({ journal: createMemoryJournal(store) })
    await taken(first.reserve(quota)).settle(outcome, used(990, 5))
    const killed = taken(first.reserve(quota))
    killed.extend(asking(10))
    await killed.open(someFacts())

    const journal = createMemoryJournal(store)
    const { balances, interrupted } = await journal.load()
    const second = createFixture({ journal, balances })
    expect(interrupted).toBe(1)
    expect(refused(second.reserve(quota)).limit).toMatchObject({
      text: '1k-tokens/day',
      used: 1000,
    })
    expect(second.ledger.standings(quota).map((standing) => standing.used)).toEqual([
      ...[1000, 2, 0, 5],
    ])
  })

  test('an hour’s rate continues, too, and drains by the time that passed meanwhile', async () => {
    const store = createMemoryStore()
    const hourly = limits('100/hour', '100/hour burst 90', '60/min')
    const first = createFixture({ journal: createMemoryJournal(store) })
    for (let time = 0; time < 60; time++) await taken(first.reserve(hourly)).settle(outcome)
    expect(first.ledger.standings(hourly).map((standing) => standing.used)).toEqual([60, 60, 60])
    const start = async (afterMs: number) => {
      const journal = createMemoryJournal(store)
      const { balances } = await journal.load()
      const fixture = createFixture({ journal, balances, clock: () => noon + afterMs })
      return fixture.ledger.standings(hourly).map((standing) => standing.used)
    }
    expect(await start(1_000)).toEqual([60, 60, 0])
    // The slice in which they arrived ends after five minutes; half an hour drains fifty.
    expect(await start(35 * minuteMs)).toEqual([10, 10, 0])
    expect(await start(24 * 60 * minuteMs)).toEqual([0, 0, 0])
    // A clock that was set back neither drains nor adds.
    expect(await start(-60 * minuteMs)).toEqual([60, 60, 0])
  })

  test('windows of several minutes or hours continue, each by its own length', async () => {
    const store = createMemoryStore()
    const windows = limits('100/15min', '100/2hours', '100/5min')
    const first = createFixture({ journal: createMemoryJournal(store) })
    for (let time = 0; time < 60; time++) await taken(first.reserve(windows)).settle(outcome)
    const start = async (afterMs: number) => {
      const journal = createMemoryJournal(store)
      const { balances } = await journal.load()
      const fixture = createFixture({ journal, balances, clock: () => noon + afterMs })
      return fixture.ledger.standings(windows).map((standing) => standing.used)
    }
    expect(await start(1_000)).toEqual([60, 60, 0])
    // The slice ends after five minutes; half an hour drains a quarter of two hours.
    expect(await start(35 * minuteMs)).toEqual([0, 35, 0])
  })

  test('that fails, limits that must outlive the process refuse, and nothing is charged', () => {
    const problem = { source: 'db', what: 'full', remedy: 'Make room.' }
    const journal = {
      ...createMemoryJournal(),
      state: () => ({ status: 'failing', sinceAt: noon, problem }) as const,
    }
    const { reserve, ledger } = createFixture({ journal })
    expect(refused(reserve(quota))).toMatchObject({ reason: 'ledger-unavailable', limit: null })
    expect(ledger.standings(quota).map((standing) => standing.used)).toEqual([0, 0, 0, 0])
    taken(reserve(limits('60/min')))
  })

  test('that cannot open a reservation refuses the request', async () => {
    const journal = { ...createMemoryJournal(), open: async () => 'unavailable' as const }
    const reservation = taken(createFixture({ journal }).reserve(quota))
    expect(await reservation.open(someFacts())).toMatchObject({ reason: 'ledger-unavailable' })
  })

  test('limits that end with the process open nothing', async () => {
    const store = createMemoryStore()
    const { reserve } = createFixture({ journal: createMemoryJournal(store) })
    const reservation = taken(reserve(limits('60/min', '2-concurrent')))
    expect(await reservation.open(someFacts())).toBeNull()
    expect(store.open.size).toBe(0)
  })
})

test('the standing names a service by its name in a limit', () => {
  const { ledger } = createFixture()
  const { name } = aService()
  const limit = parseLimit('5-concurrent') as Limit
  expect(ledger.standings([{ scope: 'service', subject: `service:${name}`, limit }])).toEqual([
    {
      ...{ scope: 'service', subject: 'service:ollama', text: '5-concurrent' },
      ...{ unit: 'concurrent', amount: 5, used: 0, remaining: 5 },
      ...{ resetAt: null, periodSeconds: null },
    },
  ])
})

describe('a rehearsal', () => {
  const question = (...texts: string[]) => ({
    ...{ facts: someFacts(), principal: aPrincipal({ id: 'key:a' }), limits: limits(...texts) },
  })

  test('gives the result of reserve, and charges nothing', () => {
    const fixture = createFixture()
    const asked = question('2/day', '100-tokens/day', '1-concurrent')
    for (let turn = 0; turn < 10; turn++) {
      const rehearsed = taken(fixture.ledger.rehearse(asked))
      expect(rehearsed.extend(asking(100))).toBeNull()
      expect(refused(rehearsed.extend(asking(101))).reason).toBe('quota-exceeded')
      expect(rehearsed.room().tokens).toBe(100)
      void rehearsed.settle(outcome)
    }
    expect(fixture.ledger.running()).toBe(0)
    expect(readings(fixture, asked.limits)).toEqual([
      ['2/day', 0, 2],
      ['100-tokens/day', 0, 100],
      ['1-concurrent', 0, 1],
    ])
    const running = taken(fixture.ledger.reserve(asked))
    expect(refused(fixture.ledger.rehearse(asked)).reason).toBe('too-many-running')
    void running.settle(outcome, used(100))
    expect(refused(fixture.ledger.rehearse(asked))).toEqual(refused(fixture.ledger.reserve(asked)))
  })
})
