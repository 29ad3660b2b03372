import { existsSync } from 'node:fs'
import { closeDatabase, openForReading } from '../../usage/journal/sqlite/open-database.ts'
import { databaseIn } from '../../usage/journal/sqlite/sqlite-journal.ts'

/**
 * When each principal (`key:ID`) was last admitted, from the database of a state folder; empty where
 * there is none yet. Throws a ProblemsError where it cannot be believed.
 */
export async function readLastUsed(stateDir: string): Promise<ReadonlyMap<string, number>> {
  const path = databaseIn(stateDir)
  if (!existsSync(path)) return new Map()
  const opened = openForReading(path)
  try {
    const rows = await opened.queries.selectFrom('last_used').selectAll().execute()
    return new Map(rows.map(({ principal_id, at }) => [principal_id, at]))
  } finally {
    await closeDatabase(opened)
  }
}
