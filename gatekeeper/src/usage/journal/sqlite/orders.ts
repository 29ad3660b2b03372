import type { Problem } from '../../../lib/problem.ts'
import type { Operation } from '../operation.ts'
import type { LoadedUsage } from '../usage-journal.ts'
import type { PruneOrder } from './prune.ts'

/** What the journal's thread is asked to do. */
export type Order =
  /** The first one: it names the database, and nothing is opened before it. */
  | { readonly kind: 'load'; readonly path: string; readonly now: number }
  | { readonly kind: 'write'; readonly operations: readonly Operation[] }
  | ({ readonly kind: 'prune' } & PruneOrder)
  | { readonly kind: 'close' }

/** What it answers to each: for `write` the places of what no database takes, for `prune` whether more is left. */
export type Values = {
  readonly load: LoadedUsage
  readonly write: readonly number[]
  readonly prune: boolean
  readonly close: null
}

export type Question = { readonly number: number; readonly order: Order }

/** Carries the number of its question. */
export type Reply = { readonly number: number } & (
  | { readonly value: Values[Order['kind']] }
  | { readonly problem: Problem }
)
