import type { Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'

/** The migrations of the database's tables; a released step never changes. */
export const migrations: Readonly<Record<string, Migration>> = {
  '0001-usage': { up: createUsageTables },
  '0002-calls': { up: describeCalls },
}

async function createUsageTables(queries: Kysely<unknown>): Promise<void> {
  const { schema } = queries
  await schema
    .createTable('usage_log')
    .addColumn('id', 'integer', (column) => column.primaryKey())
    .addColumn('at', 'integer', (column) => column.notNull())
    .addColumn('request_id', 'text', (column) => column.notNull())
    .addColumn('principal_id', 'text', (column) => column.notNull())
    .addColumn('user', 'text')
    .addColumn('service', 'text', (column) => column.notNull())
    .addColumn('model', 'text')
    .addColumn('endpoint', 'text')
    .addColumn('status', 'integer', (column) => column.notNull())
    .addColumn('outcome', 'text', (column) => column.notNull())
    .addColumn('input_tokens', 'integer', (column) => column.notNull())
    .addColumn('output_tokens', 'integer', (column) => column.notNull())
    .addColumn('micro_usd', 'integer', (column) => column.notNull())
    .addColumn('is_estimated', 'integer', (column) => column.notNull())
    .addColumn('duration_ms', 'integer', (column) => column.notNull())
    .addColumn('queue_ms', 'integer', (column) => column.notNull())
    .addColumn('answer_bytes', 'integer', (column) => column.notNull())
    .execute()
  await schema.createIndex('usage_log_at').on('usage_log').column('at').execute()
  await schema
    .createTable('balances')
    .addColumn('subject', 'text', (column) => column.notNull())
    .addColumn('unit', 'text', (column) => column.notNull())
    .addColumn('period', 'text', (column) => column.notNull())
    .addColumn('start_at', 'integer', (column) => column.notNull())
    .addColumn('amount', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('balances_key', ['subject', 'unit', 'period', 'start_at'])
    .execute()
  await schema
    .createTable('open_reservations')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('reservation', 'text', (column) => column.notNull())
    .execute()
  await schema
    .createTable('last_used')
    .addColumn('principal_id', 'text', (column) => column.primaryKey())
    .addColumn('at', 'integer', (column) => column.notNull())
    .execute()
}

/** For reports about one caller: its calls are found by it, and say which split key they used. */
async function describeCalls(queries: Kysely<unknown>): Promise<void> {
  const { schema } = queries
  await schema.alterTable('usage_log').addColumn('split_key', 'text').execute()
  await schema
    .createIndex('usage_log_principal')
    .on('usage_log')
    .columns(['principal_id', 'at'])
    .execute()
}
