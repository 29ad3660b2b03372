import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  formatLimit,
  isSeenOnHead,
  type Limit,
  type LimitPeriod,
  type LimitUnit,
  parseLimit,
  rateMs,
} from './limit.ts'

const quota = (
  amount: number,
  unit: LimitUnit,
  period: LimitPeriod,
  burst: number | null = null,
) => ({ kind: 'quota', unit, amount, period, burst })

describe('valid limits', () => {
  test.each([
    ['60/min', quota(60, 'requests', 'minute')],
    ['60/minute', quota(60, 'requests', 'minute')],
    ['1000/hour', quota(1000, 'requests', 'hour')],
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
    burst: fc.constant(null),
    text: fc.constant(''),
  }),
  fc.record({
    kind: fc.constant('quota' as const),
    unit: units,
    amount: amounts,
    period: fc.constantFrom<LimitPeriod>('minute', 'hour'),
    burst: fc.option(amounts),
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
  for (const period of ['minute', 'hour'] as const) {
    const largest = Math.floor(Number.MAX_SAFE_INTEGER / rateMs[period] / 2)
    expect(parseLimit(`${largest}-tokens/${period}`)?.amount).toBe(largest)
    expect(parseLimit(`${largest + 1}-tokens/${period}`)).toBeNull()
    expect(Number.isSafeInteger(2 * largest * rateMs[period])).toBe(true)
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
