import { describe, expect, test } from 'vitest'
import { createLockOut } from './lock-out.ts'

const minute = 60_000
const terms = { failures: 5, windowMs: 15 * minute }

function create() {
  const time = { now: 1_000 }
  return { time, lockOut: createLockOut(terms, () => time.now) }
}

describe('failed proofs', () => {
  test('lock a name out after five in the window, exactly, and nobody else', () => {
    const { lockOut } = create()
    const taken = Array.from({ length: 100 }, () => lockOut.take('a'))
    expect(taken.filter(Boolean)).toHaveLength(5)
    expect(lockOut.standing('a')).toEqual({ attemptsRemaining: 0, retryAfterMs: 15 * minute })
    expect(lockOut.take('b')).toBe(true)
    expect(lockOut.standing('c')).toEqual({ attemptsRemaining: 5, retryAfterMs: null })
  })

  test('are forgotten one by one, so that no window ever has six', () => {
    const { time, lockOut } = create()
    const taken: number[] = []
    for (; time.now < 120 * minute; time.now += minute) if (lockOut.take('a')) taken.push(time.now)
    for (const at of taken) {
      expect(taken.filter((one) => one >= at && one < at + 15 * minute).length).toBeLessThan(6)
    }
    expect(taken.length).toBeGreaterThan(30)
  })

  test('do not count where the proof was good', () => {
    const { lockOut } = create()
    for (let turn = 0; turn < 50; turn++) {
      expect(lockOut.take('a')).toBe(true)
      lockOut.giveBack('a')
    }
    expect(lockOut.standing('a').attemptsRemaining).toBe(5)
    expect(lockOut.hasRoom('a')).toBe(true)
  })
})
