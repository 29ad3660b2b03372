import { expect, test } from 'vitest'
import { createRateLimiter } from './rate-limiter.ts'

const started = 1_000_000

test('a burst passes, and the next request waits for its share of the minute', () => {
  let now = started
  const limiter = createRateLimiter({ burst: 3, perMinute: 6 }, () => now)
  expect([1, 2, 3, 4].map(() => limiter.take('a'))).toEqual([true, true, true, false])
  now += 9_999
  expect(limiter.take('a')).toBe(false)
  now += 1
  expect([limiter.take('a'), limiter.take('a')]).toEqual([true, false])
})

test('a rehearsal gets the same answer and uses nothing', () => {
  const limiter = createRateLimiter({ burst: 2, perMinute: 6 }, () => started)
  for (let turn = 0; turn < 9; turn++) expect(limiter.hasRoom('a')).toBe(true)
  expect([limiter.take('a'), limiter.hasRoom('a'), limiter.take('a')]).toEqual([true, true, true])
  expect([limiter.hasRoom('a'), limiter.take('a')]).toEqual([false, false])
})

test('one name does not use up the share of another', () => {
  const limiter = createRateLimiter({ burst: 1, perMinute: 1 }, () => started)
  expect([limiter.take('a'), limiter.take('a'), limiter.take('b')]).toEqual([true, false, true])
})

test('a refund does not count', () => {
  const limiter = createRateLimiter({ burst: 1, perMinute: 1 }, () => started)
  for (let turn = 0; turn < 1_000; turn++) {
    expect(limiter.take('a')).toBe(true)
    limiter.giveBack('a')
  }
})

test('a clock that jumps back allows no more than a burst', () => {
  let now = started
  const limiter = createRateLimiter({ burst: 2, perMinute: 1 }, () => now)
  limiter.take('a')
  now -= 3_600_000
  expect([limiter.take('a'), limiter.take('a')].filter(Boolean).length).toBeLessThanOrEqual(1)
})

test('a flood of new names forgets the oldest and never the newest 100,000', () => {
  const limiter = createRateLimiter({ burst: 1, perMinute: 1 }, () => started)
  limiter.take('old')
  for (let at = 0; at < 110_000; at++) limiter.take(`early ${at}`)
  limiter.take('new')
  for (let at = 0; at < 99_000; at++) limiter.take(`late ${at}`)
  expect([limiter.take('new'), limiter.take('old')]).toEqual([false, true])
})
