import { describe, expect, test } from 'vitest'
import { anEndpoint } from '../../test/support/questions.ts'
import type { Refusal } from '../model/admission.ts'
import type { Dialect } from '../model/endpoint.ts'
import type { Standing } from '../model/limit.ts'
import { type Reason, reasonRow } from '../model/reason.ts'
import { limitFieldNames, limitFields, retryFields, retryOf } from './limit-fields.ts'

const now = 1_000_000
const standing = (over: Partial<Standing> = {}): Standing => ({
  ...{ scope: 'key', subject: 'key:a', text: '60/min', unit: 'requests', amount: 60, used: 48 },
  ...{ remaining: 12, resetAt: now + 47_001, periodSeconds: 60 },
  ...over,
})
/** The fields of a refusal in a dialect. */
const retry = (reason: Reason, refusal: Refusal | null, dialect: Dialect = 'openai') =>
  retryFields(reasonRow(reason), retryOf(reasonRow(reason), refusal), dialect)
const month = standing({
  ...{ scope: 'user', text: '5usd/month', unit: 'micro-usd', amount: 5_000_000 },
  ...{ remaining: 17, periodSeconds: 2_678_400 },
})

describe('an answer', () => {
  test('names each limit with its scope, what is left, and when it is fully renewed', () => {
    expect(limitFields([standing(), month], { now })).toMatchObject({
      'ratelimit-policy':
        '"key 60/min";q=60;w=60, "user 5usd/month";q=5000000;w=2678400;qu="micro-usd"',
      ratelimit: '"key 60/min";r=12;t=48, "user 5usd/month";r=17;t=48',
    })
  })

  test('has structured fields that a parser of RFC 9651 reads', () => {
    const item = /^"[\x20-\x21\x23-\x5b\x5d-\x7e]*"(?:;[a-z]+=(?:\d{1,15}|"[a-z-]+"))*$/
    const all = [
      standing(),
      month,
      standing({ unit: 'tokens', resetAt: null, periodSeconds: null }),
    ]
    for (const value of Object.values(limitFields(all, { now })).slice(0, 2)) {
      for (const one of value.split(', ')) expect(one).toMatch(item)
    }
  })

  test('has OpenAI’s fields for the limit with the least left', () => {
    const tight = standing({ amount: 1000, remaining: 3, resetAt: null, text: '1k/lifetime' })
    expect(limitFields([standing(), tight], { now })).toMatchObject({
      'x-ratelimit-limit-requests': '1000',
      'x-ratelimit-remaining-requests': '3',
    })
    expect(limitFields([standing(), tight], { now })).not.toHaveProperty(
      'x-ratelimit-reset-requests',
    )
    expect(limitFields([standing({ unit: 'tokens' })], { now })).toMatchObject({
      'x-ratelimit-remaining-tokens': '12',
      'x-ratelimit-reset-tokens': '48s',
    })
  })

  test('has no fields without limits, and never a time before now', () => {
    expect(limitFields([], { now })).toEqual({})
    expect(limitFields([standing({ resetAt: now - 5 })], { now })['ratelimit']).toMatch(/t=0$/)
  })

  test('has no field that pages of other origins cannot read', () => {
    const messages = anEndpoint({ isAnthropic: true })
    const all = {
      ...limitFields([standing(), standing({ unit: 'tokens' })], { now, endpoint: messages }),
    }
    const unnamed = Object.keys({ ...all, ...retry('quota-exceeded', null) }).filter(
      (name) => !limitFieldNames.includes(name),
    )
    expect(unnamed).toEqual([])
  })
})

describe('a refusal says when to try again', () => {
  const fieldsOf = (reason: 'rate-limited' | 'quota-exceeded', waitMs: number | null) =>
    retry(reason, { reason, limit: standing(), retryAfterMs: waitMs })

  test.each([
    ['rate-limited', 1, { 'retry-after': '1', 'retry-after-ms': '1' }],
    ['rate-limited', 59_999, { 'retry-after': '60', 'retry-after-ms': '59999' }],
    [
      'rate-limited',
      ...([
        60_000,
        { 'retry-after': '60', 'retry-after-ms': '60000', 'x-should-retry': 'false' },
      ] as const),
    ],
    // A request that never fits is not worth a retry, and has no time.
    ['rate-limited', null, { 'x-should-retry': 'false' }],
    ['quota-exceeded', null, { 'x-should-retry': 'false' }],
    [
      'quota-exceeded',
      ...([
        5_000,
        { 'retry-after': '5', 'retry-after-ms': '5000', 'x-should-retry': 'false' },
      ] as const),
    ],
  ] as const)('%s after %s ms', (reason, waitMs, expected) => {
    expect(fieldsOf(reason, waitMs)).toEqual(expected)
  })

  test('without a limit of the caller: as the reason says', () => {
    const full: Refusal = { reason: 'queue-full', limit: null, retryAfterMs: null }
    const expected = { 'retry-after': '2', 'retry-after-ms': '2000' }
    expect(retry('queue-full', full)).toEqual(expected)
    const running = { ...full, limit: standing({ unit: 'concurrent' }) }
    expect(retry('too-many-running', running)).toEqual({
      ...{ 'retry-after': '1', 'retry-after-ms': '1000' },
    })
  })

  test('for classes and addresses: never', () => {
    expect(retry('class-not-granted', null)).toEqual({ 'x-should-retry': 'false' })
  })

  test('beyond five minutes: not in a form whose clients would sleep that long', () => {
    const long = (retryAfterMs: number) =>
      ({ reason: 'quota-exceeded', limit: standing(), retryAfterMs }) as const
    expect(retry('quota-exceeded', long(300_001))).toEqual({ 'x-should-retry': 'false' })
    expect(retry('quota-exceeded', long(300_000))).toMatchObject({ 'retry-after': '300' })
    for (const dialect of ['ollama', 'gemini', 'chat'] as const) {
      expect(retry('quota-exceeded', long(54_000_000), dialect)).toMatchObject({
        'retry-after': '54000',
      })
    }
  })
})

test.each([
  [0, '0s'],
  [20, '20ms'],
  [999, '999ms'],
  [1_000, '1s'],
  [59_001, '1m0s'],
  [360_000, '6m0s'],
  [3_600_000, '1h0m0s'],
  [90_061_000, '25h1m1s'],
])('a reset in %i ms is written as OpenAI writes it: %s', (ms, expected) => {
  const fields = limitFields([standing({ resetAt: now + ms })], { now })
  expect(fields['x-ratelimit-reset-requests']).toBe(expected)
})

test('without the older fields an answer has the standard ones', () => {
  const fields = limitFields([standing(), standing({ unit: 'tokens' })], { now, hasLegacy: false })
  expect(Object.keys(fields)).toEqual(['ratelimit-policy', 'ratelimit'])
})

test('only an answer in Anthropic’s form has Anthropic’s fields too', () => {
  const messages = anEndpoint({ dialect: 'openai', isAnthropic: true })
  expect(limitFields([standing()], { now, endpoint: messages })).toMatchObject({
    'anthropic-ratelimit-requests-limit': '60',
    'anthropic-ratelimit-requests-remaining': '12',
    'anthropic-ratelimit-requests-reset': '1970-01-01T00:17:28Z',
  })
  const names = Object.keys(limitFields([standing()], { now, endpoint: anEndpoint() }))
  expect(names.filter((name) => name.startsWith('anthropic'))).toEqual([])
})
