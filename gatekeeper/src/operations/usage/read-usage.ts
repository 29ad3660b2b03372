import { existsSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import type { Kysely } from 'kysely'
import { closeDatabase, openForReading } from '../../usage/journal/sqlite/open-database.ts'
import { databaseIn } from '../../usage/journal/sqlite/sqlite-journal.ts'
import type { Tables } from '../../usage/journal/sqlite/tables.ts'
import { type ReportQuestion, readUsageReport, type UsageReport } from './usage-report.ts'

/** What a reader of the usage database may ask. */
export type UsageQueries = Kysely<Tables>

/**
 * Reads the usage database of a state folder, which the gatekeeper may write meanwhile. Returns null
 * if there is none yet; rejects with a ProblemsError for a damaged one.
 */
export async function queryUsage<Result>(
  stateDir: string,
  query: (queries: UsageQueries) => Promise<Result>,
): Promise<Result | null> {
  const path = databaseIn(stateDir)
  if (!existsSync(path)) return null
  const opened = openForReading(path)
  try {
    return await query(opened.queries)
  } finally {
    await closeDatabase(opened)
  }
}

/** Reads with statements of one's own, for what reads very many lines; otherwise the same. */
export function readDatabase<Result>(
  stateDir: string,
  read: (database: DatabaseSync) => Result,
): Result | null {
  const path = databaseIn(stateDir)
  if (!existsSync(path)) return null
  const { database } = openForReading(path)
  try {
    return read(database)
  } finally {
    database.close()
  }
}

/** Returns the report; null if there is no database yet. */
export async function readUsage(
  stateDir: string,
  question: ReportQuestion,
): Promise<UsageReport | null> {
  return await queryUsage(stateDir, (queries) => readUsageReport(queries, question))
}
