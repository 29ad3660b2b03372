import { createOverloadGate, systemLoop } from '../../lib/load/overload-gate.ts'
import type { Problem } from '../../lib/problem.ts'
import type { AppDeps } from '../app-deps.ts'

/** Opens what refuses work that could only wait. */
export function openOverload({ overload, log }: AppDeps) {
  const onChange = (isOverloaded: boolean) =>
    isOverloaded
      ? log.warn(overload, 'overloaded: what would only wait is refused')
      : log.warn('overloaded no more')
  const gate = createOverloadGate(overload, { ...systemLoop, onChange })
  return { ...gate, name: 'overload', problems: () => (gate.isOverloaded() ? [overloaded] : []) }
}

const overloaded: Problem = {
  source: 'gatekeeper',
  what: 'more requests come than it can decide on, and some are refused',
  remedy: 'Slow the callers down, or give it a processor of its own.',
}
