/**
 * Sessions of the console. A session has two secret halves of 32 random bytes: one in the cookie, one
 * that the page keeps in its origin's storage, because cookies do not know ports. Both are stored as
 * hashes alone.
 */
import { createHash } from 'node:crypto'
import type { AdminStore } from './admin-store.ts'
import type { Session } from './tables.ts'

export const sessionIdleMs = 30 * 60_000
export const sessionAbsoluteMs = 12 * 3_600_000

/** A request renews `last_seen_at` at most this often, so that most requests write nothing. */
const seenEveryMs = 15_000

/** 32 random bytes in base64url. */
const halfForm = /^[A-Za-z0-9_-]{43}$/

export type Halves = { readonly cookie: string; readonly half: string }

/** Returns the stored form of a secret. */
export function sha256Of(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

/** When a session ends if nothing happens any more, and when it ends in any case. */
export function endsOf(session: Pick<Session, 'created_at' | 'last_seen_at'>) {
  const endsAt = session.created_at + sessionAbsoluteMs
  return { endsAt, idleUntil: Math.min(endsAt, session.last_seen_at + sessionIdleMs) }
}

/**
 * Returns the session of both halves, or null if there is none in force. It is found by hashes, so
 * that no comparison takes longer for a nearly right secret. Renews its idle time.
 */
export async function findSession(
  { queries }: Pick<AdminStore, 'queries'>,
  { cookie, half }: Halves,
  now: number,
): Promise<Session | null> {
  if (!halfForm.test(cookie) || !halfForm.test(half)) return null
  const session = await queries
    .selectFrom('sessions')
    .selectAll()
    .where('cookie_sha256', '=', sha256Of(cookie))
    .where('half_sha256', '=', sha256Of(half))
    .executeTakeFirst()
  if (session === undefined || now >= endsOf(session).idleUntil) return null
  if (now - session.last_seen_at < seenEveryMs) return session
  await queries
    .updateTable('sessions')
    .set({ last_seen_at: now })
    .where('id', '=', session.id)
    .execute()
  return { ...session, last_seen_at: now }
}

/** Returns the session with this public id if it is in force. Does not renew its idle time. */
export async function findSessionById(
  { queries }: Pick<AdminStore, 'queries'>,
  id: string,
  now: number,
): Promise<Session | null> {
  const session = await queries
    .selectFrom('sessions')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst()
  return session === undefined || now >= endsOf(session).idleUntil ? null : session
}
