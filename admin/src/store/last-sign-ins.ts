/** When each person last signed in. Sessions end, and this stays. */
import type { Kysely } from 'kysely'
import type { AdminStore } from './admin-store.ts'
import type { AdminTables } from './tables.ts'

const prefix = 'signed-in:'

/** Notes a sign-in, within the transaction that makes its session. */
export async function noteSignIn(
  within: Kysely<AdminTables>,
  person: string,
  now: number,
): Promise<void> {
  await within
    .insertInto('kept')
    .values({ name: prefix + person, value: String(now) })
    .onConflict((row) => row.column('name').doUpdateSet({ value: String(now) }))
    .execute()
}

/** Returns the last sign-in of each person, epoch milliseconds; nobody who never signed in is in it. */
export async function lastSignIns({
  queries,
}: Pick<AdminStore, 'queries'>): Promise<ReadonlyMap<string, number>> {
  const rows = await queries
    .selectFrom('kept')
    .selectAll()
    .where('name', 'like', `${prefix}%`)
    .execute()
  return new Map(rows.map(({ name, value }) => [name.slice(prefix.length), Number(value)]))
}

/** Forgets a person who was removed. */
export async function forgetSignIn(
  { queries }: Pick<AdminStore, 'queries'>,
  person: string,
): Promise<void> {
  await queries
    .deleteFrom('kept')
    .where('name', '=', prefix + person)
    .execute()
}
