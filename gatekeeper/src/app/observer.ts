import { classifyDecided, describeAudited } from '../telemetry/audited-decision.ts'
import { type Decided, describeDecision, logDecision } from '../telemetry/decision-log.ts'
import type { AppDeps } from './app-deps.ts'
import { createBudgetReport } from './budget-report.ts'
import type { Opened } from './open-parts.ts'

/** Returns the function that reports a decided request to every part that needs it. */
export function createObserver(
  { log, services }: AppDeps,
  opened: Opened,
): (decided: Decided) => void {
  const watchBudget = createBudgetReport(services, { log, ...opened })
  const { audit, keys, metrics, upstreams } = opened
  return (decided) => {
    const described = describeDecision(decided)
    logDecision(log, decided, described)
    audit.recordDecision(classifyDecided(decided), () =>
      describeAudited(decided, described, keys.holdsPlain),
    )
    metrics.observe(decided)
    upstreams.certificates.noteEnd(decided)
    watchBudget(decided)
  }
}
