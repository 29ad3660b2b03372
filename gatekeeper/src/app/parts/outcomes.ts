import { performance } from 'node:perf_hooks'
import { createOutcomes } from '../../http/outcomes/outcomes.ts'
import { systemTimers } from '../../lib/timers.ts'

/** Opens what waits for Caddy's report of how checked requests ended. */
export function openOutcomes() {
  const outcomes = createOutcomes({ clock: () => performance.now(), timers: systemTimers })
  return { ...outcomes, name: 'outcomes' }
}
