import { expect, it } from 'vitest'
import { startOfDay } from './start-of-day.ts'

it.each([
  ['UTC', '2026-11-22', '2026-11-22T00:00:00.000Z'],
  ['Europe/Berlin', '2026-11-22', '2026-11-21T23:00:00.000Z'],
  ['Europe/Berlin', '2026-03-29', '2026-03-28T23:00:00.000Z'],
  ['Pacific/Kiritimati', '2026-11-22', '2026-11-21T10:00:00.000Z'],
  ['Etc/GMT+12', '2026-11-22', '2026-11-22T12:00:00.000Z'],
  ['Asia/Kathmandu', '2026-11-22', '2026-11-21T18:15:00.000Z'],
  // Clocks go forward over midnight: the day begins at one.
  ['Asia/Beirut', '2026-03-29', '2026-03-28T22:00:00.000Z'],
])('in %s, %s begins at %s', (timeZone, day, instant) => {
  expect(new Date(startOfDay(day, timeZone) ?? 0).toISOString()).toBe(instant)
})

it.each(['', '2026-02-31', '2026-13-01', '22.11.2026', '2026-11-22T00:00:00Z'])(
  '%j is no day',
  (text) => {
    expect(startOfDay(text, 'UTC')).toBeNull()
  },
)
