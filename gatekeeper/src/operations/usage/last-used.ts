import { queryUsage } from './read-usage.ts'

/**
 * Returns when each principal (`key:ID`) was last admitted; an empty map if there is no database
 * yet. Rejects with a ProblemsError for a damaged one.
 */
export async function readLastUsed(stateDir: string): Promise<ReadonlyMap<string, number>> {
  const rows = await queryUsage(stateDir, (queries) =>
    queries.selectFrom('last_used').selectAll().execute(),
  )
  return new Map(rows?.map(({ principal_id, at }) => [principal_id, at]))
}
