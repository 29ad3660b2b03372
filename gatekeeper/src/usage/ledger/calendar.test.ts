import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createCalendar } from './calendar.ts'

const iso = (at: number | null) => (at === null ? null : new Date(at).toISOString())
const span = (zone: string, period: 'day' | 'month', at: string) => {
  const { startAt, endAt } = createCalendar(zone)(period, Date.parse(at))
  return [iso(startAt), iso(endAt)]
}

describe('days', () => {
  test.each([
    ['UTC', '2026-11-22T12:00:00Z', '2026-11-22T00:00:00.000Z', '2026-11-23T00:00:00.000Z'],
    ['Asia/Tokyo', '2026-11-22T12:00:00Z', '2026-11-21T15:00:00.000Z', '2026-11-22T15:00:00.000Z'],
    [
      'Asia/Kolkata',
      '2026-11-22T18:30:00Z',
      '2026-11-22T18:30:00.000Z',
      '2026-11-23T18:30:00.000Z',
    ],
    // Spring forward: 23 hours. Fall back: 25 hours.
    [
      'Europe/Berlin',
      '2026-03-29T12:00:00Z',
      '2026-03-28T23:00:00.000Z',
      '2026-03-29T22:00:00.000Z',
    ],
    [
      'Europe/Berlin',
      '2026-10-25T12:00:00Z',
      '2026-10-24T22:00:00.000Z',
      '2026-10-25T23:00:00.000Z',
    ],
    [
      'America/New_York',
      ...([
        '2026-11-01T12:00:00Z',
        '2026-11-01T04:00:00.000Z',
        '2026-11-02T05:00:00.000Z',
      ] as const),
    ],
    // There was no midnight: the clock went from 23:59:59 to 01:00.
    [
      'America/Sao_Paulo',
      ...([
        '2018-11-04T12:00:00Z',
        '2018-11-04T03:00:00.000Z',
        '2018-11-05T02:00:00.000Z',
      ] as const),
    ],
    // Half an hour of summer time.
    [
      'Australia/Lord_Howe',
      ...([
        '2026-04-05T06:00:00Z',
        '2026-04-04T13:00:00.000Z',
        '2026-04-05T13:30:00.000Z',
      ] as const),
    ],
    // 30 December 2011 did not take place there.
    [
      'Pacific/Apia',
      '2011-12-29T12:00:00Z',
      '2011-12-29T10:00:00.000Z',
      '2011-12-30T10:00:00.000Z',
    ],
  ])('%s at %s', (zone, at, startAt, endAt) => {
    expect(span(zone, 'day', at)).toEqual([startAt, endAt])
  })
})

describe('months', () => {
  test.each([
    ['UTC', '2026-02-14T00:00:00Z', '2026-02-01T00:00:00.000Z', '2026-03-01T00:00:00.000Z'],
    ['UTC', '2026-12-31T23:59:59Z', '2026-12-01T00:00:00.000Z', '2027-01-01T00:00:00.000Z'],
    [
      'Europe/Berlin',
      '2026-03-15T00:00:00Z',
      '2026-02-28T23:00:00.000Z',
      '2026-03-31T22:00:00.000Z',
    ],
    ['Asia/Tokyo', '2026-01-31T15:00:00Z', '2026-01-31T15:00:00.000Z', '2026-02-28T15:00:00.000Z'],
  ])('%s at %s', (zone, at, startAt, endAt) => {
    expect(span(zone, 'month', at)).toEqual([startAt, endAt])
  })
})

test('a lifetime has no end', () => {
  expect(createCalendar('UTC')('lifetime', 5)).toEqual({ startAt: 0, endAt: null })
})

const zones = ['UTC', 'Europe/Berlin', 'America/Havana', 'Africa/Cairo', 'Asia/Kathmandu']

test('every instant is in its period, periods are adjacent, and caching changes none', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...zones),
      fc.constantFrom('day' as const, 'month' as const),
      fc.array(fc.integer({ min: Date.UTC(2000, 0), max: Date.UTC(2040, 0) }), {
        ...{ minLength: 1, maxLength: 4 },
      }),
      (zone, period, instants) => {
        const calendar = createCalendar(zone)
        for (const at of instants) {
          const { startAt, endAt } = calendar(period, at)
          const end = endAt as number
          expect(startAt <= at && at < end).toBe(true)
          expect(createCalendar(zone)(period, startAt).startAt).toBe(startAt)
          expect(createCalendar(zone)(period, end - 1).startAt).toBe(startAt)
          expect(createCalendar(zone)(period, end).startAt).toBe(end)
        }
      },
    ),
    { numRuns: 60 },
  )
})
