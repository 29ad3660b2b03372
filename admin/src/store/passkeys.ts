/** The passkeys of people: public keys and how often each was used. */
import type { Selectable } from 'kysely'
import type { AdminStore } from './admin-store.ts'
import type { PasskeyRow } from './tables.ts'

type Queries = Pick<AdminStore, 'queries'>

export type Passkey = Selectable<PasskeyRow>

/** The most passkeys of one person. */
export const passkeysMax = 10

/** Returns a person's passkeys, the oldest first. */
export async function passkeysOf({ queries }: Queries, person: string): Promise<Passkey[]> {
  const found = queries.selectFrom('passkeys').selectAll().where('person', '=', person)
  return await found.orderBy('created_at').orderBy('id').execute()
}

/** Returns how many passkeys each person has; nobody without one is in it. */
export async function countPasskeys({ queries }: Queries): Promise<ReadonlyMap<string, number>> {
  const counts = await queries
    .selectFrom('passkeys')
    .select(['person', (row) => row.fn.countAll<number>().as('count')])
    .groupBy('person')
    .execute()
  return new Map(counts.map(({ person, count }) => [person, Number(count)]))
}

/** Returns the passkey of a credential, or null. */
export async function findCredential(
  { queries }: Queries,
  credentialId: string,
): Promise<Passkey | null> {
  const found = queries.selectFrom('passkeys').selectAll()
  return (await found.where('credential_id', '=', credentialId).executeTakeFirst()) ?? null
}

/**
 * Adds a passkey. Returns false if the person has as many as there may be, or the credential is
 * somebody's already.
 */
export async function addPasskey({ queries }: Queries, passkey: Passkey): Promise<boolean> {
  return await queries.transaction().execute(async (within) => {
    const taken = await within
      .selectFrom('passkeys')
      .select(['person', 'credential_id'])
      .where((row) =>
        row.or([
          row('person', '=', passkey.person),
          row('credential_id', '=', passkey.credential_id),
        ]),
      )
      .execute()
    const isTaken = taken.some(({ credential_id }) => credential_id === passkey.credential_id)
    if (isTaken || taken.length >= passkeysMax) return false
    await within.insertInto('passkeys').values(passkey).execute()
    return true
  })
}

/**
 * Notes a use. Returns false if another use was noted meanwhile: then one of the two is a copy of the
 * answer, or of the authenticator.
 */
export async function noteUse(
  { queries }: Queries,
  { id, sign_count }: Pick<Passkey, 'id' | 'sign_count'>,
  { count, now }: { readonly count: number; readonly now: number },
): Promise<boolean> {
  const noted = await queries
    .updateTable('passkeys')
    .set({ sign_count: count, last_used_at: now })
    .where('id', '=', id)
    .where('sign_count', '=', sign_count)
    .returning('id')
    .executeTakeFirst()
  return noted !== undefined
}

/** A person's passkey by its id: another person's does not exist. */
type OfPerson = { readonly id: string; readonly person: string }

/** Returns the passkey if the person has it, or null. */
export async function findPasskey({ queries }: Queries, of: OfPerson): Promise<Passkey | null> {
  const found = queries.selectFrom('passkeys').selectAll().where('id', '=', of.id)
  return (await found.where('person', '=', of.person).executeTakeFirst()) ?? null
}

/** Gives a passkey another name. */
export async function renamePasskey(
  { queries }: Queries,
  { label, ...of }: OfPerson & { readonly label: string },
): Promise<void> {
  const renamed = queries.updateTable('passkeys').set({ label }).where('id', '=', of.id)
  await renamed.where('person', '=', of.person).execute()
}

/** Removes one passkey of a person. */
export async function removePasskey({ queries }: Queries, of: OfPerson): Promise<void> {
  const removed = queries.deleteFrom('passkeys').where('id', '=', of.id)
  await removed.where('person', '=', of.person).execute()
}

/** Removes all passkeys of a person, as when they are lost; returns how many. */
export async function removeAllPasskeys({ queries }: Queries, person: string): Promise<number> {
  const removed = queries.deleteFrom('passkeys').where('person', '=', person).returning('id')
  return (await removed.execute()).length
}
