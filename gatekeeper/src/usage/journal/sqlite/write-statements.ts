import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import type { Compilable, Insertable, Kysely } from 'kysely'
import type { Balance, OpenReservation, UsageRecord } from '../usage-journal.ts'
import type { Tables, UsageRow } from './tables.ts'

/**
 * The statements for transactions and batches, one row at a time. Each text is fixed, so it is
 * compiled and prepared once per database: building it for each batch cost more than executing it.
 */
export type WriteStatements = {
  readonly begin: () => void
  readonly commit: () => void
  readonly open: (reservation: OpenReservation) => void
  readonly close: (id: string) => void
  readonly log: (record: UsageRecord) => void
  /**
   * Added by the database itself: if it were read here and written back, two writers could lose a
   * charge.
   */
  readonly charge: (charge: Balance) => void
  /** Never decreases: requests do not end in the order in which they began. */
  readonly use: (use: PrincipalUse) => void
  /** Moves the lines of a principal to another name, and forgets when it was used. */
  readonly rename: (from: string, to: string) => void
}

/** When a principal was admitted. */
type PrincipalUse = Pick<UsageRecord, 'principalId' | 'at'>

type WriteDeps = { readonly database: DatabaseSync; readonly queries: Kysely<Tables> }

/** Prepares the statements; the tables must exist. */
export function prepareWrites({ database, queries }: WriteDeps): WriteStatements {
  const prepare = (query: Compilable) => database.prepare(query.compile().sql)
  const begin = database.prepare('BEGIN IMMEDIATE')
  const commit = database.prepare('COMMIT')
  const open = prepare(queries.insertInto('open_reservations').values(toOpenRow(example)))
  const close = prepare(queries.deleteFrom('open_reservations').where('id', '=', example.id))
  const log = prepare(queries.insertInto('usage_log').values(toUsageRow(example.record)))
  const charge = prepare(addBalance(queries, toBalanceRow(example.charge)))
  const rename = prepare(
    queries
      .updateTable('usage_log')
      .set({ principal_id: '', user: '' })
      .where('principal_id', '=', ''),
  )
  const forget = prepare(queries.deleteFrom('last_used').where('principal_id', '=', ''))
  const use = prepare(moveLastUsed(queries, toUseRow(example.record)))
  return {
    begin: () => void begin.run(),
    commit: () => void commit.run(),
    open: (reservation) => void open.run(...valuesOf(toOpenRow(reservation))),
    close: (id) => void close.run(id),
    log: (record) => void log.run(...valuesOf(toUsageRow(record))),
    charge: (balance) => void charge.run(...valuesOf(toBalanceRow(balance))),
    use: (latest) => void use.run(...valuesOf(toUseRow(latest))),
    rename: (from, to) => {
      rename.run(to, to, from)
      forget.run(from)
    },
  }
}

/** In the order of the columns: the texts are compiled from rows of the same functions. */
const valuesOf = (row: object): SQLInputValue[] => Object.values(row)

const toOpenRow = (reservation: Pick<OpenReservation, 'id'>) => ({
  id: reservation.id,
  reservation: JSON.stringify(reservation),
})

function toUsageRow(record: UsageRecord): Insertable<UsageRow> {
  return {
    at: record.at,
    request_id: record.requestId,
    principal_id: record.principalId,
    user: record.user,
    service: record.service,
    model: record.model,
    endpoint: record.endpoint,
    status: record.status,
    outcome: record.outcome,
    input_tokens: record.inputTokens,
    output_tokens: record.outputTokens,
    micro_usd: record.microUsd,
    is_estimated: record.isEstimated ? 1 : 0,
    duration_ms: Math.round(record.durationMs),
    queue_ms: Math.round(record.queueMs),
    answer_bytes: record.answerBytes,
    // A reservation that an older version left open has none.
    split_key: record.splitKey ?? null,
  }
}

const toBalanceRow = ({ subject, unit, period, startAt, amount }: Balance) => ({
  subject,
  unit,
  period,
  start_at: startAt,
  amount,
})

const toUseRow = ({ principalId, at }: PrincipalUse) => ({ principal_id: principalId, at })

const addBalance = (queries: Kysely<Tables>, row: ReturnType<typeof toBalanceRow>) =>
  queries
    .insertInto('balances')
    .values(row)
    .onConflict((conflict) =>
      conflict.columns(['subject', 'unit', 'period', 'start_at']).doUpdateSet(({ ref, eb }) => ({
        amount: eb(ref('balances.amount'), '+', ref('excluded.amount')),
      })),
    )

const moveLastUsed = (queries: Kysely<Tables>, row: ReturnType<typeof toUseRow>) =>
  queries
    .insertInto('last_used')
    .values(row)
    .onConflict((conflict) =>
      conflict
        .column('principal_id')
        .doUpdateSet(({ ref }) => ({ at: ref('excluded.at') }))
        .whereRef('excluded.at', '>', 'last_used.at'),
    )

/** Only for compiling, which uses the names of a row; never written. */
const example = {
  id: '',
  record: {
    ...{ at: 0, requestId: '', principalId: '', user: null, service: '', model: null },
    ...{ endpoint: null, status: 0, outcome: 'answered', inputTokens: 0, outputTokens: 0 },
    ...{ microUsd: 0, isEstimated: false, durationMs: 0, queueMs: 0, answerBytes: 0 },
    splitKey: null,
  } satisfies UsageRecord,
  charge: { subject: '', unit: 'tokens', period: 'day', startAt: 0, amount: 0 } satisfies Balance,
} as const
