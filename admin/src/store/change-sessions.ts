/** Makes, renews, lists and ends sessions. */
import type { AdminStore } from './admin-store.ts'
import { createId } from './ids.ts'
import { noteSignIn } from './last-sign-ins.ts'
import { createSecret } from './secrets.ts'
import { type Halves, sessionAbsoluteMs, sessionIdleMs, sha256Of } from './sessions.ts'
import type { Session } from './tables.ts'

type Queries = Pick<AdminStore, 'queries'>

/** The most sessions of one person; a new one ends the one that was used longest ago. */
const sessionsMax = 50

/** Who signs in, how, and from where. */
export type SignedIn = {
  /** The id of the person. */
  readonly person: string
  /** `passkey`, `code`, or the name of a provider. */
  readonly method: string
  readonly address: string
  readonly agent: string | null
}

/** Makes a session with both halves new; sessions that are over go. */
export async function createSession(
  { queries }: Queries,
  { person, method, address, agent }: SignedIn,
  now: number,
): Promise<Halves & { readonly id: string }> {
  const [id, cookie, half] = [createId(), createSecret(), createSecret()]
  await queries.transaction().execute(async (within) => {
    await within
      .deleteFrom('sessions')
      .where((row) =>
        row.or([
          row('created_at', '<=', now - sessionAbsoluteMs),
          row('last_seen_at', '<=', now - sessionIdleMs),
        ]),
      )
      .execute()
    const others = within.selectFrom('sessions').select('id').where('person', '=', person)
    const found = await others.orderBy('last_seen_at', 'desc').execute()
    const tooMany = found.slice(sessionsMax - 1).map((session) => session.id)
    if (tooMany.length > 0) {
      await within.deleteFrom('sessions').where('id', 'in', tooMany).execute()
    }
    await within
      .insertInto('sessions')
      .values({
        ...{ id, cookie_sha256: sha256Of(cookie), half_sha256: sha256Of(half), person, method },
        ...{ created_at: now, last_seen_at: now, authenticated_at: now },
        ...{ address: address.slice(0, 64), agent: agent?.slice(0, 300) ?? null },
      })
      .execute()
    await noteSignIn(within, person, now)
  })
  return { id, cookie, half }
}

/**
 * Gives a session new halves after its person proved who they are again: the old ones end. Null if
 * the session ended meanwhile.
 */
export async function renewSession(
  { queries }: Queries,
  id: string,
  now: number,
): Promise<Halves | null> {
  const [cookie, half] = [createSecret(), createSecret()]
  const renewed = await queries
    .updateTable('sessions')
    .set({
      ...{ cookie_sha256: sha256Of(cookie), half_sha256: sha256Of(half) },
      ...{ authenticated_at: now, last_seen_at: now },
    })
    .where('id', '=', id)
    .returning('id')
    .executeTakeFirst()
  return renewed === undefined ? null : { cookie, half }
}

/** Returns the sessions in force, of one person or of everybody, the newest first. */
export async function sessionsInForce(
  { queries }: Queries,
  person: string | null,
  now: number,
): Promise<Session[]> {
  const all = queries
    .selectFrom('sessions')
    .selectAll()
    .where('created_at', '>', now - sessionAbsoluteMs)
    .where('last_seen_at', '>', now - sessionIdleMs)
    .orderBy('created_at', 'desc')
  return await (person === null ? all : all.where('person', '=', person)).execute()
}

/** Ends one session; returns it, or null if there is none. */
export async function endSession({ queries }: Queries, id: string): Promise<Session | null> {
  const ended = queries.deleteFrom('sessions').where('id', '=', id).returningAll()
  return (await ended.executeTakeFirst()) ?? null
}

/** Ends all sessions of a person, except one if it is given; returns how many. */
export async function endSessionsOf(
  { queries }: Queries,
  { person, except = null }: { readonly person: string; readonly except?: string | null },
): Promise<number> {
  const of = queries.deleteFrom('sessions').where('person', '=', person)
  const ended = except === null ? of : of.where('id', '!=', except)
  return (await ended.returning('id').execute()).length
}
