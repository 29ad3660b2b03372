/**
 * Proofs of a person for one act: bound to the session, the act, and what it is about. Each is good for
 * one call within two minutes; its id is a secret and stored as a hash.
 */
import type { AdminStore } from './admin-store.ts'
import { createSecret, isSecret } from './secrets.ts'
import { sha256Of } from './sessions.ts'

type Queries = Pick<AdminStore, 'queries'>

const lifeMs = 120_000

/** What was proven; `target` is null for acts about nothing in particular. */
export type Proven = {
  readonly session: string
  readonly act: string
  readonly target: string | null
}

/** Returns the id to show with the call of the act. */
export async function createStepUp(
  { queries }: Queries,
  proven: Proven,
  now: number,
): Promise<string> {
  const id = createSecret()
  await queries.deleteFrom('step_ups').where('expires_at', '<=', now).execute()
  await queries
    .insertInto('step_ups')
    .values({
      ...{ id: sha256Of(id), session: proven.session, act: proven.act, target: proven.target },
      ...{ created_at: now, expires_at: now + lifeMs },
    })
    .execute()
  return id
}

/**
 * Uses a proof up; returns whether it was one for this act and target by this session. Any use ends
 * it, a wrong one too.
 */
export async function consumeStepUp(
  { queries }: Queries,
  { id, session, act, target }: Proven & { readonly id: string },
  now: number,
): Promise<boolean> {
  if (!isSecret(id)) return false
  const taken = await queries
    .deleteFrom('step_ups')
    .where('id', '=', sha256Of(id))
    .where('session', '=', session)
    .returningAll()
    .executeTakeFirst()
  if (taken === undefined || now >= taken.expires_at) return false
  return taken.act === act && taken.target === target
}
