import type { Service } from '../model/service.ts'
import { budgetOf } from '../policy/visit-limits.ts'
import { createBudgetWatch } from '../telemetry/budget-watch.ts'
import type { Decided } from '../telemetry/decision-log.ts'
import type { Log } from '../telemetry/log.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { Ledger } from '../usage/ledger/ledger.ts'

type Deps = {
  readonly log: Log
  readonly ledger: Pick<Ledger, 'standings'>
  readonly metrics: Pick<Metrics, 'countHigh'>
}

/**
 * Returns a function that tells the operator, in the log and the metrics, when the widget has used
 * 80 percent of a limit of all its visitors, and when it is closed.
 */
export function createBudgetReport(
  services: readonly Service[],
  { log, ledger, metrics }: Deps,
): (decided: Decided) => void {
  const rules = services.find(({ widget }) => widget !== undefined)?.widget
  if (rules === undefined) return () => {}
  const limits = budgetOf(rules)
  const findReached = createBudgetWatch()
  return ({ facts }) => {
    if (facts?.service?.widget === undefined) return
    for (const { resetAt, ...reached } of findReached(ledger.standings(limits))) {
      const until = resetAt === null ? null : new Date(resetAt).toISOString()
      const { percent, limit } = reached
      const text =
        percent === 100 ? 'the chat widget is closed' : 'the chat widget nears its budget'
      log.warn({ event: 'usage.high', service: 'widget', ...reached, resetAt: until }, text)
      metrics.countHigh(limit, percent)
    }
  }
}
