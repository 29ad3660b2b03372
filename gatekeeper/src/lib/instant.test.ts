import { expect, test } from 'vitest'
import { parseDuration } from './duration.ts'
import { formatInstant, parseInstant } from './instant.ts'

test.each([
  ['2026-11-22T07:00:00Z', Date.UTC(2026, 10, 22, 7)],
  ['2026-11-22T07:00:00.250+02:00', Date.UTC(2026, 10, 22, 5, 0, 0, 250)],
  ['2028-02-29T00:00:00Z', Date.UTC(2028, 1, 29)],
  ['2026-11-22T07:00:00', null],
  ['2026-11-22', null],
  ['2026-02-29T00:00:00Z', null],
  ['2026-02-31T00:00:00Z', null],
  ['2026-13-01T00:00:00Z', null],
  ['2026-01-00T00:00:00Z', null],
  ['2026-11-22T25:00:00Z', null],
  ['1795334520564', null],
  ['', null],
])('the instant %j is %s', (text, at) => {
  expect(parseInstant(text)).toBe(at)
  if (at !== null) expect(parseInstant(formatInstant(at))).toBe(at)
})

test.each([
  ['90s', 90_000],
  ['15m', 900_000],
  ['24h', 86_400_000],
  ['30d', 2_592_000_000],
  ['2w', 1_209_600_000],
  ['0d', null],
  ['-1d', null],
  ['30', null],
  ['1.5h', null],
  ['30D', null],
  ['9999999d', null],
])('the duration %j is %s', (text, durationMs) => {
  expect(parseDuration(text)).toBe(durationMs)
})
