/** The usage of one person: read for an export, and kept without the name after an erasure. */
import { existsSync, statSync } from 'node:fs'
import type { Kysely } from 'kysely'
import { isNameless } from '../../audit/subjects.ts'
import { subjectsOf } from '../../model/subject.ts'
import {
  closeDatabase,
  openUsageDatabase,
  type UsageDatabase,
} from '../../usage/journal/sqlite/open-database.ts'
import { databaseIn } from '../../usage/journal/sqlite/sqlite-journal.ts'
import type { Tables, UsageRow } from '../../usage/journal/sqlite/tables.ts'
import { inTransaction } from '../../usage/journal/sqlite/transaction.ts'
import { queryUsage } from './read-usage.ts'

/** Rows in one step: the gatekeeper writes in between. */
const stepRows = 500

type StoredRow = Omit<UsageRow, 'id'> & { readonly id: number }

/** Returns whether the usage log has a line of the user. */
export async function hasUsage(stateDir: string, user: string): Promise<boolean> {
  const { value } = await readUsageOf(stateDir, user).next()
  return value !== undefined
}

/** Yields the lines of a user in blocks. */
export async function* readUsageOf(
  stateDir: string,
  user: string,
): AsyncGenerator<readonly StoredRow[]> {
  let last = 0
  for (;;) {
    const rows = await queryUsage(stateDir, (queries) => readStep(queries, user, last).execute())
    if (rows === null || rows.length === 0) return
    yield rows
    last = rows.at(-1)?.id ?? last
  }
}

const readStep = (queries: Kysely<Tables>, user: string, after: number) =>
  queries
    .selectFrom('usage_log')
    .selectAll()
    .where('id', '>', after)
    .where('user', '=', user)
    .orderBy('id')
    .limit(stepRows)

/** What is replaced, and by what. `principals` are ids with the name in them. */
export type Pseudonym = {
  readonly user: string
  readonly principals: readonly string[]
  readonly ref: string
}

export type HiddenUsage = {
  /** Lines of the usage log. */
  readonly lines: number
  /** Whether unused space of the files may still have the name, until SQLite uses it again. */
  readonly hasTraces: boolean
}

/**
 * Replaces the name in the usage log by the reference, and removes the counters that have it. The
 * gatekeeper may write meanwhile. Rejects as SQLite does, and with a ProblemsError.
 */
export async function hideUsageOf(stateDir: string, pseudonym: Pseudonym): Promise<HiddenUsage> {
  const path = databaseIn(stateDir)
  if (!existsSync(path)) return { lines: 0, hasTraces: false }
  const opened = await openUsageDatabase(path, false)
  try {
    const { queries } = opened
    const principals = new Set(pseudonym.principals)
    let lines = 0
    for (let last = 0; ; ) {
      const rows = await readStep(queries, pseudonym.user, last).execute()
      if (rows.length === 0) break
      for (const { principal_id: id } of rows) if (!isNameless(id)) principals.add(id)
      await inTransaction(opened, () => hideRows(queries, rows, pseudonym.ref))
      lines += rows.length
      last = rows.at(-1)?.id ?? last
    }
    const named = { user: pseudonym.user, principals: [...principals] }
    await inTransaction(opened, () => removeCounters(queries, named))
    return { lines, hasTraces: !removeTraces(opened, path) }
  } finally {
    await closeDatabase(opened)
  }
}

/** A larger file takes so long that the journal of the gatekeeper would give up waiting. */
const vacuumBytesMax = 64 * 1024 * 1024

/**
 * Overwritten rows stay readable in unused space of the pages, and in older pages of the WAL.
 * Returns whether both are gone.
 */
function removeTraces({ database }: UsageDatabase, path: string): boolean {
  if (statSync(path).size > vacuumBytesMax) return false
  database.exec('VACUUM')
  const { busy } = database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get() ?? {}
  return busy === 0
}

async function hideRows(
  queries: Kysely<Tables>,
  rows: readonly StoredRow[],
  ref: string,
): Promise<void> {
  for (const { id, principal_id: principal } of rows) {
    const replaced = isNameless(principal) ? principal : ref
    const change = { user: ref, principal_id: replaced }
    await queries.updateTable('usage_log').set(change).where('id', '=', id).execute()
  }
}

/** A limit counts from zero if the name is used again. */
async function removeCounters(
  queries: Kysely<Tables>,
  { user, principals }: Pick<Pseudonym, 'user' | 'principals'>,
): Promise<void> {
  const subjects = [`user:${user}`, ...principals.flatMap(subjectsOf)]
  await queries.deleteFrom('balances').where('subject', 'in', subjects).execute()
  await queries.deleteFrom('last_used').where('principal_id', 'in', principals).execute()
}
