import type { RequestFacts } from '../../model/facts.ts'
import type { ScopedLimit } from '../../model/limit.ts'
import type { Principal } from '../../model/principal.ts'

/** The facts of a request that the ledger needs. */
export type LedgerQuestion = {
  readonly facts: RequestFacts
  readonly principal: Principal
  /** All limits that apply to it; the ledger ignores caps. */
  readonly limits: readonly ScopedLimit[]
}
