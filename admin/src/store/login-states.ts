/**
 * Sign-ins at a provider that are under way, and tickets of those that ended. Both are found by the
 * hash of a secret, taken out once, and short-lived.
 */
import type { AdminStore } from './admin-store.ts'
import { isSecret } from './secrets.ts'
import { sha256Of } from './sessions.ts'

type Queries = Pick<AdminStore, 'queries'>

/** The way to a provider takes ten minutes at most; the page changes its ticket at once. */
const lifeMs = { login: 600_000, ticket: 60_000 }

export type LoginKind = keyof typeof lifeMs

type Kept = {
  readonly kind: LoginKind
  readonly secret: string
  readonly provider: string
  readonly memory: object
}

/** Keeps what the secret will find again; what is too old goes. */
export async function keepLogin(
  { queries }: Queries,
  { kind, secret, provider, memory }: Kept,
  now: number,
): Promise<void> {
  await queries.deleteFrom('login_states').where('expires_at', '<=', now).execute()
  await queries
    .insertInto('login_states')
    .values({
      ...{ state_sha256: keyOf(kind, secret), provider, memory: JSON.stringify(memory) },
      ...{ session: null, act: null, target: null },
      ...{ created_at: now, expires_at: now + lifeMs[kind] },
    })
    .execute()
}

/** Takes out what was kept under the secret, and returns it; null if there is nothing or it is too old. */
export async function takeLogin(
  { queries }: Queries,
  { kind, secret }: Pick<Kept, 'kind' | 'secret'>,
  now: number,
): Promise<{ readonly provider: string; readonly memory: unknown; readonly at: number } | null> {
  if (!isSecret(secret)) return null
  const taken = await queries
    .deleteFrom('login_states')
    .where('state_sha256', '=', keyOf(kind, secret))
    .returningAll()
    .executeTakeFirst()
  if (taken === undefined || now >= taken.expires_at) return null
  return { provider: taken.provider, memory: JSON.parse(taken.memory), at: taken.created_at }
}

/** A state, which the provider sees, must never be a ticket. */
const keyOf = (kind: LoginKind, secret: string) => sha256Of(`${kind} ${secret}`)
