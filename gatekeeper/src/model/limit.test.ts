import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  formatLimit,
  isSeenOnHead,
  type Limit,
  type LimitPeriod,
  type LimitUnit,
  parseLimit,
  type QuotaLimit,
  windowMsOf,
} from './limit.ts'

const quota = (
  amount: number,
  unit: LimitUnit,
  period: LimitPeriod,
  burst: number | null = null,
) => ({ kind: 'quota', unit, amount, period, every: 1, burst })

describe('valid limits', () => {
  test.each([
    ['60/min', quota(60, 'requests', 'minute')],
    ['60/minute', quota(60, 'requests', 'minute')],
    ['1000/hour', quota(1000, 'requests', 'hour')],
    ['100/15min', { ...quota(100, 'requests', 'minute'), every: 15, text: '100/15min' }],
    ['100/15minutes', { ...quota(100, 'requests', 'minute'), every: 15, text: '100/15min' }],
    ['5/2hours', { ...quota(5, 'requests', 'hour'), every: 2, text: '5/2hour' }],
    ['100/1hour', { ...quota(100, 'requests', 'hour'), text: '100/hour' }],
    ['5k-tokens/90min burst 1k', { ...quota(5000, 'tokens', 'minute', 1000), every: 90 }],
    ['1/168hour', { ...quota(1, 'requests', 'hour'), every: 168 }],
    ['5000/day', quota(5000, 'requests', 'day')],
    ['5k/day', quota(5000, 'requests', 'day')],
    ['100/min burst 20', quota(100, 'requests', 'minute', 20)],
    ['200k-tokens/day', quota(200_000, 'tokens', 'day')],
    ['2m-tokens/month', quota(2_000_000, 'tokens', 'month')],
    ['1.5m-tokens/month', quota(1_500_000, 'tokens', 'month')],
    ['10k-tokens/min burst 2k', quota(10_000, 'tokens', 'minute', 2_000)],
    ['10k-tokens/min burst 2k-tokens', quota(10_000, 'tokens', 'minute', 2_000)],
    ['5usd/month', quota(5_000_000, 'micro-usd', 'month')],
    ['0.50usd/day', quota(500_000, 'micro-usd', 'day')],
    ['0.000001usd/day', quota(1, 'micro-usd', 'day')],
    ['100usd/lifetime', quota(100_000_000, 'micro-usd', 'lifetime')],
    ['2usd/hour burst 0.1usd', quota(2_000_000, 'micro-usd', 'hour', 100_000)],
    ['2-concurrent', { kind: 'concurrent', amount: 2 }],
    ['100k-prompt-bytes', { kind: 'cap', of: 'prompt-bytes', amount: 100_000 }],
    ['4096-output-tokens', { kind: 'cap', of: 'output-tokens', amount: 4096 }],
    ['600-stream-seconds', { kind: 'cap', of: 'stream-seconds', amount: 600 }],
  ])('%s', (text, limit) => {
    expect(parseLimit(text)).toMatchObject(limit)
  })
})

describe('invalid limits', () => {
  test.each([
    ['', 'nothing'],
    ['60', 'no period'],
    ['/min', 'no amount'],
    ['0/min', 'nothing at all allowed: that is what disabling a key is for'],
    ['0usd/day', 'the same in money'],
    ['-5/min', 'a negative amount'],
    ['60/MIN', 'another case'],
    ['60 /min', 'a blank'],
    [' 60/min', 'a blank before'],
    ['60/min ', 'a blank after'],
    ['60/min\n', 'a line break'],
    ['60/week', 'a period that there is not'],
    ['60/0min', 'a window of nothing'],
    ['60/015min', 'a number that begins with zero'],
    ['60/1.5hour', 'half an hour more'],
    ['60/-5min', 'a negative window'],
    ['60/169hour', 'a window of more than a week'],
    ['60/99999min', 'the same in minutes'],
    ['60/2day', 'several days, which are no rate'],
    ['60/1lifetime', 'a lifetime with a number'],
    ['60/constructor', 'a name that every object has'],
    ['60/__proto__', 'another one'],
    ['1.5/min', 'half a request'],
    ['1.0005k/min', 'half a request after the suffix'],
    ['1e3/min', 'an exponent'],
    ['0x10/min', 'hex digits'],
    ['٦٠/min', 'digits of another script'],
    ['60/day burst 5', 'a burst when the whole day is one'],
    ['60/min burst 0', 'a burst of nothing'],
    ['60/min burst 5usd', 'a burst of something else'],
    ['5kusd/day', 'a suffix for dollars'],
    ['0.0000001usd/day', 'less than a micro-dollar'],
    ['1.2.3usd/day', 'two points'],
    ['.5usd/day', 'no digit before the point'],
    ['5.usd/day', 'no digit after the point'],
    ['9007199254740993/day', 'more than a number holds exactly'],
    ['3000000000-tokens/hour', 'a rate that cannot be counted exactly'],
    ['60-tokens', 'tokens without a period'],
    ['2-concurrent/min', 'a period for a limit without one'],
    ['1.5-concurrent', 'half a request at a time'],
    [`${'0'.repeat(100)}1/min`, 'a text without end'],
  ])('%j: %s', (text) => {
    expect(parseLimit(text)).toBeNull()
  })

  test('are null for any input, and nothing throws', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 90 }), (text) => {
        const limit = parseLimit(text)
        expect(limit === null || Number.isSafeInteger(limit.amount)).toBe(true)
      }),
    )
  })
})

const amounts = fc.integer({ min: 1, max: 1_000_000_000 })
const units = fc.constantFrom<LimitUnit>('requests', 'tokens', 'micro-usd')
const anyLimit: fc.Arbitrary<Limit> = fc.oneof(
  fc.record({
    kind: fc.constant('quota' as const),
    unit: units,
    amount: amounts,
    period: fc.constantFrom<LimitPeriod>('day', 'month', 'lifetime'),
    every: fc.constant(1),
    burst: fc.constant(null),
    text: fc.constant(''),
  }),
  fc.record({
    kind: fc.constant('quota' as const),
    unit: units,
    // Small enough to be counted exactly in any window.
    amount: fc.integer({ min: 1, max: 1_000_000 }),
    period: fc.constantFrom<LimitPeriod>('minute', 'hour'),
    every: fc.integer({ min: 1, max: 168 }),
    burst: fc.option(fc.integer({ min: 1, max: 1_000_000 })),
    text: fc.constant(''),
  }),
  fc.record({ kind: fc.constant('concurrent' as const), amount: amounts, text: fc.constant('') }),
  fc.record({
    kind: fc.constant('cap' as const),
    of: fc.constantFrom('prompt-bytes' as const, 'output-tokens' as const),
    amount: amounts,
    text: fc.constant(''),
  }),
)

test('every limit has one text, and the text gives the same limit', () => {
  fc.assert(
    fc.property(anyLimit, (limit) => {
      const text = formatLimit(limit)
      expect(parseLimit(text)).toEqual({ ...limit, text })
    }),
  )
})

test('money is moved by digits and never multiplied: every micro-dollar is kept', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 49 }), (microUsd) => {
      const dollars = `${Math.floor(microUsd / 1e6)}.${String(microUsd % 1e6).padStart(6, '0')}`
      expect(parseLimit(`${dollars}usd/month`)?.amount).toBe(microUsd)
    }),
  )
  // 0.1 + 0.2 and 1.15 × 100 are the well-known traps.
  expect(parseLimit('0.3usd/day')?.amount).toBe(300_000)
  expect(parseLimit('1.15usd/day')?.amount).toBe(1_150_000)
})

test('the largest rate is still counted exactly', () => {
  for (const period of ['minute', 'hour', '15min', '168hour'] as const) {
    const windowMs = windowMsOf(parseLimit(`1/${period}`) as QuotaLimit) as number
    const largest = Math.floor(Number.MAX_SAFE_INTEGER / windowMs / 2)
    expect(parseLimit(`${largest}-tokens/${period}`)?.amount).toBe(largest)
    expect(parseLimit(`${largest + 1}-tokens/${period}`)).toBeNull()
    expect(Number.isSafeInteger(2 * largest * windowMs)).toBe(true)
  }
})

test.each([
  ['60/min', true],
  ['5k/lifetime', true],
  ['1k-tokens/day', false],
  ['5usd/month', false],
  ['2-concurrent', false],
  ['1k-prompt-bytes', false],
])('%s is known from the head only: %s', (text, isSeen) => {
  expect(isSeenOnHead(parseLimit(text) as Limit)).toBe(isSeen)
})
