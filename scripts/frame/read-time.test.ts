import { describe, expect, it } from 'vitest'
import { readTime } from './read-time.ts'
import { UsageError } from './words.ts'

const at = { clock: () => Date.UTC(2026, 10, 22, 12), timeZone: 'Europe/Berlin' }

describe('--since', () => {
  it.each([
    ['7d', '2026-11-15T12:00:00.000Z'],
    ['12h', '2026-11-22T00:00:00.000Z'],
    ['2026-11-01', '2026-10-31T23:00:00.000Z'],
    ['2026-11-01T08:00:00Z', '2026-11-01T08:00:00.000Z'],
  ])('%s is %s', (text, instant) => {
    expect(new Date(readTime('since', text, at)).toISOString()).toBe(instant)
  })

  it.each(['', '7', 'yesterday', '2026-02-31', '-7d'])('%j is refused', (text) => {
    expect(() => readTime('since', text, at)).toThrow(UsageError)
  })
})
