import { closeDatabase, openForReading } from '../../src/usage/journal/sqlite/open-database.ts'
import type { UsageRecord } from '../../src/usage/journal/usage-journal.ts'

/** The usage log of a database, also while a gatekeeper writes it. */
export async function readRecords(path: string): Promise<UsageRecord[]> {
  const opened = openForReading(path)
  try {
    const rows = await opened.queries.selectFrom('usage_log').selectAll().orderBy('id').execute()
    return rows.map((row) => ({
      at: row.at,
      requestId: row.request_id,
      principalId: row.principal_id,
      user: row.user,
      service: row.service,
      model: row.model,
      endpoint: row.endpoint,
      status: row.status,
      outcome: row.outcome,
      inputTokens: row.input_tokens,
      outputTokens: row.output_tokens,
      microUsd: row.micro_usd,
      isEstimated: row.is_estimated === 1,
      durationMs: row.duration_ms,
      queueMs: row.queue_ms,
      answerBytes: row.answer_bytes,
      splitKey: row.split_key,
    }))
  } finally {
    await closeDatabase(opened)
  }
}
