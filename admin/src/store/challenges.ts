/**
 * Challenges of passkeys: 32 random bytes, bound to what they are for, good for one answer. The page
 * gets an id of 256 random bits, which is stored as a hash: only the page that asked can answer.
 */
import type { Selectable } from 'kysely'
import type { AdminStore } from './admin-store.ts'
import { createSecret, isSecret } from './secrets.ts'
import { sha256Of } from './sessions.ts'
import type { ChallengeRow } from './tables.ts'

type Queries = Pick<AdminStore, 'queries'>

export type Challenge = Selectable<ChallengeRow>

/** What a challenge is for; an answer counts for exactly this. */
export type ChallengeUse = {
  readonly purpose: 'signin' | 'invitation' | 'passkey.add' | 'step-up'
  /** The id of the session that asks. */
  readonly session: string | null
  readonly person: string | null
  readonly act: string | null
  /** What the act is about, or the id of the invitation. */
  readonly target: string | null
}

const lifeMs = { signin: 300_000, invitation: 300_000, 'passkey.add': 300_000, 'step-up': 120_000 }

/** Makes a challenge; those that are too old go. */
export async function createChallenge(
  { queries }: Queries,
  use: ChallengeUse,
  now: number,
): Promise<{ readonly challengeId: string; readonly challenge: string }> {
  const challengeId = createSecret()
  const challenge = createSecret()
  await queries.deleteFrom('challenges').where('expires_at', '<=', now).execute()
  await queries
    .insertInto('challenges')
    .values({
      ...{ id: sha256Of(challengeId), challenge, purpose: use.purpose, session: use.session },
      ...{ person: use.person, act: use.act, target: use.target },
      ...{ created_at: now, expires_at: now + lifeMs[use.purpose] },
    })
    .execute()
  return { challengeId, challenge }
}

/**
 * Takes a challenge out, so that it works once, and returns it. Null if it is unknown, too old, or was
 * made for something else or another session.
 */
export async function takeChallenge(
  { queries }: Queries,
  { challengeId, purpose, session }: Pick<ChallengeUse, 'purpose' | 'session'> & ById,
  now: number,
): Promise<Challenge | null> {
  if (!isSecret(challengeId)) return null
  const taken = await queries
    .deleteFrom('challenges')
    .where('id', '=', sha256Of(challengeId))
    .returningAll()
    .executeTakeFirst()
  if (taken === undefined || now >= taken.expires_at) return null
  return taken.purpose === purpose && taken.session === session ? taken : null
}

type ById = { readonly challengeId: string }
