import { describe, expect, test } from 'vitest'
import * as format from './format.ts'

const plain = (text: string | null) => text?.replaceAll('\u00a0', ' ')

describe('money', () => {
  test.each([
    ['37400000', '$ 37.40'],
    ['0', '$ 0.00'],
    ['4200', '$ 0.0042'],
    ['120000', '$ 0.12'],
    ['12', '< $ 0.0001'],
    ['1234567890000', '$ 1,234,567.89'],
    ['999999', '$ 1.00'],
  ])('%s micro-dollars are %s', (microUsd, text) => {
    expect(plain(format.formatMoney(microUsd))).toBe(text)
  })
})

describe('counts', () => {
  test.each([
    [18_204, '18,204', ''],
    [4_100_000, '4.1', 'million'],
    [999_999, '1', 'million'],
    [740_000, '740', 'thousand'],
    [2_000_000_000, '2', 'billion'],
  ])('%d has its unit apart', (value, number, unit) => {
    expect(format.splitCount(value)).toEqual([number, unit])
  })

  test.each([
    [9020, '9,020'],
    [740_000, '740 k'],
    [999_999, '1 M'],
    [1_600_000, '1.6 M'],
  ])('%d is short in tables', (value, text) => {
    expect(plain(format.shortCount(value))).toBe(text)
  })
})

describe('times', () => {
  const now = Date.parse('2026-11-30T12:00:00Z')
  test.each([
    ['2026-11-30T11:59:40Z', 'now'],
    ['2026-11-30T11:58:00Z', '2 min ago'],
    ['2026-11-30T01:00:00Z', '11 h ago'],
    ['2026-12-06T12:00:00Z', 'in 6 days'],
    ['2026-11-29T11:00:00Z', '1 day ago'],
    ['2026-01-14T12:00:00Z', '14 Jan'],
    ['2027-06-30T12:00:00Z', '30 Jun 2027'],
  ])('%s is %s', (at, text) => {
    expect(plain(format.relativeTime(Date.parse(at), now))).toBe(text)
  })
})
