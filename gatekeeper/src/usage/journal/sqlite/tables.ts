import type { Generated } from 'kysely'
import type { LimitUnit } from '../../../model/limit.ts'
import type { KeptPeriod, UsageRecord } from '../usage-journal.ts'

/** The database's tables after the newest migration. Instants are epoch ms. */
export type Tables = {
  readonly usage_log: UsageRow
  readonly balances: BalanceRow
  readonly open_reservations: OpenRow
  readonly last_used: { readonly principal_id: string; readonly at: number }
}

/** A line of the usage log. There is no column for a credential, a query or a prompt. */
export type UsageRow = {
  readonly id: Generated<number>
  readonly at: number
  readonly request_id: string
  readonly principal_id: string
  readonly user: string | null
  readonly service: string
  readonly model: string | null
  readonly endpoint: string | null
  readonly status: number
  readonly outcome: UsageRecord['outcome']
  readonly input_tokens: number
  readonly output_tokens: number
  readonly micro_usd: number
  readonly is_estimated: number
  readonly duration_ms: number
  readonly queue_ms: number
  readonly answer_bytes: number
  readonly split_key: string | null
}

export type BalanceRow = {
  readonly subject: string
  readonly unit: LimitUnit
  readonly period: KeptPeriod
  readonly start_at: number
  readonly amount: number
}

/** `reservation` is an `OpenReservation` as JSON: no query reads its parts. */
type OpenRow = { readonly id: string; readonly reservation: string }
