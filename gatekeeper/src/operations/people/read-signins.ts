/** What examinations need to know of sign-in, read beside the admin process. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { readRecords } from '../audit/read-records.ts'

/**
 * Returns how many passkeys each person has, by id; null if there is no `admin.db`, or it cannot be
 * read. A person without one is not in it.
 */
export function countPasskeys(stateDir: string): ReadonlyMap<string, number> | null {
  const path = join(stateDir, 'admin', 'admin.db')
  if (!existsSync(path)) return null
  try {
    const database = new DatabaseSync(path, { readOnly: true, timeout: 2000 })
    try {
      const counts = 'SELECT person, count(*) AS passkeys FROM passkeys GROUP BY person'
      const rows = database.prepare(counts).all()
      return new Map(rows.map(({ person, passkeys }) => [String(person), Number(passkeys)]))
    } finally {
      database.close()
    }
  } catch {
    return null
  }
}

/** Returns the ids of the people who signed in since an instant, by the audit. */
export async function signedInSince(
  auditFolder: string,
  sinceAt: number,
): Promise<ReadonlySet<string>> {
  const question = { folder: auditFolder, chains: ['acts'], sinceAt, untilAt: null }
  const people = new Set<string>()
  for await (const block of readRecords({ ...question, onUnreadable: () => {} })) {
    for (const { record } of block) {
      if (record['event'] === 'signin.succeeded') people.add(String(record['person']))
    }
  }
  return people
}
