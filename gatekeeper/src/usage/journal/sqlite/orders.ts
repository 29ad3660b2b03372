import type { Problem } from '../../../lib/problem.ts'
import type { Operation } from '../operation.ts'
import type { Balance, LoadedUsage } from '../usage-journal.ts'
import type { PruneOrder } from './prune.ts'

/** The orders to the journal's thread. */
export type Order =
  /** The first order: it names the database, and nothing is opened before it. */
  | { readonly kind: 'load'; readonly path: string; readonly now: number }
  | { readonly kind: 'read'; readonly subjects: readonly string[]; readonly now: number }
  | { readonly kind: 'write'; readonly operations: readonly Operation[] }
  | ({ readonly kind: 'prune' } & PruneOrder)
  | { readonly kind: 'close' }

/**
 * The answers: for `write` the indexes of operations that no database accepts, for `prune` whether
 * more is left.
 */
export type Values = {
  readonly load: LoadedUsage
  readonly read: readonly Balance[]
  readonly write: readonly number[]
  readonly prune: boolean
  readonly close: null
}

export type Question = { readonly number: number; readonly order: Order }

/** Carries the number of its order. */
export type Reply = { readonly number: number } & (
  | { readonly value: Values[Order['kind']] }
  | { readonly problem: Problem }
)
