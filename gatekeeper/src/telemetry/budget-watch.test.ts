import { expect, it } from 'vitest'
import type { Standing } from '../model/limit.ts'
import { createBudgetWatch } from './budget-watch.ts'

const standing = (used: number, resetAt = 1_000_000): Standing => ({
  ...{ scope: 'service', subject: 'service:widget', text: '20usd/month', unit: 'micro-usd' },
  ...{ amount: 100, used, remaining: Math.max(0, 100 - used), resetAt, periodSeconds: null },
})

it('a mark is reported once for each period', () => {
  const find = createBudgetWatch()
  const percentsAt = (used: number, resetAt?: number) =>
    find([standing(used, resetAt)]).map(({ percent }) => percent)
  expect([percentsAt(79), percentsAt(80), percentsAt(99), percentsAt(90)]).toEqual([
    [],
    [80],
    [],
    [],
  ])
  expect([percentsAt(100), percentsAt(120), percentsAt(85)]).toEqual([[100], [], []])
  // The same end, computed at another instant.
  expect(percentsAt(100, 1_000_001)).toEqual([])
  expect([percentsAt(10, 9_000_000), percentsAt(100, 9_000_000)]).toEqual([[], [100]])
})
