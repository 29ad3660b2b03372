import type { AdminStore } from './admin-store.ts'
import { forgetSignIn } from './last-sign-ins.ts'

/** The id is null for a person who was invited and never came. */
export type Forgotten = { readonly id: string | null; readonly name: string }

/**
 * Removes everything that the database has of a person: sessions, passkeys, codes and links. What is
 * deleted is overwritten, also in the write-ahead log.
 */
export async function forgetPerson(
  { queries, database }: Pick<AdminStore, 'queries' | 'database'>,
  { id, name }: Forgotten,
): Promise<void> {
  await queries.transaction().execute(async (within) => {
    await within.deleteFrom('invitations').where('name', '=', name).execute()
    if (id === null) return
    const sessions = within.selectFrom('sessions').select('id').where('person', '=', id)
    await within.deleteFrom('step_ups').where('session', 'in', sessions).execute()
    await within.deleteFrom('login_states').where('session', 'in', sessions).execute()
    for (const table of ['sessions', 'passkeys', 'challenges', 'codes', 'invitations'] as const) {
      await within.deleteFrom(table).where('person', '=', id).execute()
    }
  })
  if (id !== null) await forgetSignIn({ queries }, id)
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
}

/** Returns what the database has of a person, for a copy: no secret, and no hash of one. */
export async function describePerson({ queries }: Pick<AdminStore, 'queries'>, id: string) {
  const at = (instant: number | null) => instant && new Date(instant).toISOString()
  const passkeys = await queries
    .selectFrom('passkeys')
    .selectAll()
    .where('person', '=', id)
    .execute()
  const sessions = await queries
    .selectFrom('sessions')
    .selectAll()
    .where('person', '=', id)
    .execute()
  return {
    passkeys: passkeys.map(({ label, created_at, last_used_at }) => ({
      ...{ label, createdAt: at(created_at), lastUsedAt: at(last_used_at) },
    })),
    sessions: sessions.map(({ created_at, last_seen_at, method, address, agent }) => ({
      ...{ createdAt: at(created_at), lastSeenAt: at(last_seen_at), method, address, agent },
    })),
  }
}
