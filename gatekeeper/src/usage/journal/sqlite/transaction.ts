import type { UsageDatabase } from './open-database.ts'

/**
 * Runs `work` in one transaction. Not Kysely's own: SQLite takes a transaction back by itself where
 * the disk is full, and an error of the ROLLBACK after it would hide the first one.
 */
export async function inTransaction<T>(
  { database }: UsageDatabase,
  work: () => Promise<T>,
): Promise<T> {
  database.exec('BEGIN IMMEDIATE')
  try {
    const result = await work()
    database.exec('COMMIT')
    return result
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}
