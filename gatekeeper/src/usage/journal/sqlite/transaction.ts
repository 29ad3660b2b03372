import type { UsageDatabase } from './open-database.ts'

/**
 * Runs `work` in one transaction. Not Kysely's own: SQLite rolls a transaction back itself if the
 * disk is full, and the error of a second ROLLBACK would hide the first one.
 */
export async function inTransaction<T>(
  { database, writes }: UsageDatabase,
  work: () => T | Promise<T>,
): Promise<T> {
  writes.begin()
  try {
    const result = await work()
    writes.commit()
    return result
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}
