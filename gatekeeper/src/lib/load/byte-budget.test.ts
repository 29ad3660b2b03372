import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createByteBudget } from './byte-budget.ts'

describe('a budget of bytes', () => {
  test('never grants more than it has, to all holders together', () => {
    const budget = createByteBudget(100)
    expect(budget.open('a').take(50)).toBe(true)
    expect(budget.open('b').take(50)).toBe(true)
    expect(budget.open('c').take(1)).toBe(false)
    expect(budget.used()).toBe(100)
  })

  test('grants one holder half of it at most, over any number of leases', () => {
    const budget = createByteBudget(100)
    expect(budget.open('a').take(30)).toBe(true)
    expect(budget.open('a').take(21)).toBe(false)
    expect(budget.open('a').take(20)).toBe(true)
    expect(budget.open('b').take(50)).toBe(true)
  })

  test('counts each lease back once, however often it is released', () => {
    const budget = createByteBudget(100)
    const [one, other] = [budget.open('a'), budget.open('a')]
    one.take(20)
    other.take(30)
    one.release()
    one.release()
    expect(budget.used()).toBe(30)
    expect(one.take(1)).toBe(false)
    other.release()
    expect([budget.used(), budget.open('a').take(50)]).toEqual([0, true])
  })

  test('stays between zero and its size after any calls', () => {
    const act = fc.record({
      holder: fc.constantFrom('a', 'b', 'c'),
      bytes: fc.nat(60),
      isReleased: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(act), (acts) => {
        const budget = createByteBudget(100)
        const leases = acts.map(({ holder, bytes, isReleased }) => {
          const lease = budget.open(holder)
          lease.take(bytes)
          if (isReleased) lease.release()
          expect(budget.used()).toBeLessThanOrEqual(100)
          return lease
        })
        for (const lease of leases) lease.release()
        expect(budget.used()).toBe(0)
      }),
    )
  })
})
