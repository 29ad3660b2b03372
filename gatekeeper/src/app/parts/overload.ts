import { createOverloadGate, systemLoop } from '../../lib/load/overload-gate.ts'
import type { Problem } from '../../lib/problem.ts'
import type { AppDeps } from '../app-deps.ts'

/** Opens what rejects requests during overload. */
export function openOverload({ overload, log }: AppDeps) {
  const onChange = (isOverloaded: boolean) =>
    isOverloaded
      ? log.warn(overload, 'overloaded: rejecting new requests')
      : log.warn('no longer overloaded')
  const gate = createOverloadGate(overload, { ...systemLoop, onChange })
  return { ...gate, name: 'overload', problems: () => (gate.isOverloaded() ? [overloaded] : []) }
}

const overloaded: Problem = {
  source: 'gatekeeper',
  what: 'more requests arrive than it can decide on, so some are refused',
  remedy: 'Slow the callers down, or give the gatekeeper its own processor.',
}
