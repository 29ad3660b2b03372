import type { Standing } from '../model/limit.ts'

/** The shares of a budget at which an operator is told, in percent. */
const marks = [80, 100] as const

/** A budget that has reached a mark: once for each period. */
export type BudgetReached = {
  readonly limit: string
  readonly percent: (typeof marks)[number]
  readonly used: number
  readonly amount: number
  readonly resetAt: number | null
}

/**
 * Returns a function that finds which budgets have reached a mark since it was last called. What one
 * request reserves counts too, so that the message comes before the end and not after it.
 */
export function createBudgetWatch(): (standings: readonly Standing[]) => readonly BudgetReached[] {
  const reported = new Map<string, { percent: number; resetAt: number | null }>()
  return (standings) =>
    standings.flatMap(({ text: limit, used, amount, resetAt }) => {
      const percent = marks.findLast((mark) => used * 100 >= amount * mark)
      const last = reported.get(limit)
      // The end of a period is computed from the clock, so the same one may differ a little.
      const isSame = last !== undefined && isNear(last.resetAt, resetAt)
      if (percent === undefined || (isSame && last.percent >= percent)) return []
      reported.set(limit, { percent, resetAt })
      return [{ limit, percent, used, amount, resetAt }]
    })
}

const minuteMs = 60_000

function isNear(one: number | null, other: number | null): boolean {
  return one === other || (one !== null && other !== null && Math.abs(one - other) < minuteMs)
}
