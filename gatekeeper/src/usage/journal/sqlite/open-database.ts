/**
 * The database file of the journal: created, opened, migrated, and checked before use. A database
 * that fails the check is a problem and is never replaced by an empty one.
 */
import { chmodSync, existsSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import type { Kysely } from 'kysely'
import { Migrator } from 'kysely/migration'
import { ProblemsError } from '../../../lib/problem.ts'
import { createQueries, isDamage } from '../../../lib/sqlite/node-sqlite.ts'
import { migrations } from './migrations.ts'
import type { Tables } from './tables.ts'
import { prepareWrites, type WriteStatements } from './write-statements.ts'

/** The database, for reading. */
export type OpenDatabase = {
  readonly database: DatabaseSync
  readonly queries: Kysely<Tables>
}

/** The database of its writer. */
export type UsageDatabase = OpenDatabase & { readonly writes: WriteStatements }

/** SQLite's `application_id`, "GKus": distinguishes our file from another program's. */
const applicationId = 0x474b7573

/** For readers that block a write for a moment. */
const busyMs = 2000

/**
 * How far the WAL may grow, 32 MB, before a commit itself writes it back and waits for the disk.
 * The journal's thread writes it back each second anyway, between two commits; with SQLite's
 * default of 1000, commits under load do so several times a second, with the same few pages each
 * time.
 */
const walPagesMax = 8000

/**
 * Opens the database for writing. `isFirst` allows creating it: a database that disappears later is
 * never replaced by an empty one. Throws a ProblemsError if the file is damaged or foreign, and
 * SQLite's or the file system's error if the disk currently fails.
 */
export async function openUsageDatabase(path: string, isFirst: boolean): Promise<UsageDatabase> {
  try {
    if (!existsSync(path)) {
      if (!isFirst) throw unusable(path, 'no longer exists')
      await create(path)
    }
    return await open(path)
  } catch (error) {
    throw isDamage(error) ? unusable(path, 'is damaged or not a database') : error
  }
}

/** Opens the database for reading, while another process writes it. Throws as above. */
export function openForReading(path: string): OpenDatabase {
  const opened = connect(path, { readOnly: true })
  try {
    requireKnown(opened.database, path)
    return opened
  } catch (error) {
    opened.database.close()
    throw isDamage(error) ? unusable(path, 'is damaged or not a database') : error
  }
}

/**
 * Under another name until it is complete: an empty `usage.db` is then always a loss of data, and
 * never looks like a first start.
 */
async function create(path: string): Promise<void> {
  if (existsSync(`${path}-wal`)) {
    throw unusable(path, `is missing, but ${path}-wal exists`)
  }
  const made = `${path}.new`
  rmSync(made, { force: true })
  writeFileSync(made, '', { flag: 'wx', mode: 0o600 })
  const opened = connect(made)
  try {
    opened.database.exec(`PRAGMA application_id = ${applicationId}`)
    await migrate(opened)
  } finally {
    await closeDatabase(opened)
  }
  renameSync(made, path)
}

async function open(path: string): Promise<UsageDatabase> {
  if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600)
  const opened = connect(path)
  try {
    requireKnown(opened.database, path)
    requireWhole(opened.database, path)
    // WAL: readers and the writer do not wait for each other. NORMAL: a commit is safe from a kill
    // of the process without waiting for the disk; docs/decisions/0009 says what a power cut takes.
    opened.database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
    opened.database.exec(`PRAGMA wal_autocheckpoint = ${walPagesMax}`)
    await migrate(opened)
    return { ...opened, writes: prepareWrites(opened) }
  } catch (error) {
    await closeDatabase(opened)
    throw error
  }
}

function connect(path: string, options: { readOnly?: boolean } = {}): OpenDatabase {
  const database = new DatabaseSync(path, { ...options, timeout: busyMs })
  return { database, queries: createQueries(database) }
}

/** Closes the database; if its last checkpoint fails, as on a full disk, nothing is lost. */
export async function closeDatabase({ database, queries }: OpenDatabase): Promise<void> {
  await queries.destroy().catch(() => {})
  if (database.isOpen) database.close()
}

function requireKnown(database: DatabaseSync, path: string): void {
  const empty = statSync(path).size === 0
  const id = database.prepare('PRAGMA application_id').get()?.['application_id']
  if (empty || id !== applicationId) {
    throw unusable(path, empty ? 'is empty' : 'belongs to another program')
  }
  const applied = database.prepare('SELECT name FROM kysely_migration').all()
  const names = applied.map(({ name }) => String(name))
  const unknown = names.filter((name) => !Object.hasOwn(migrations, name))
  if (unknown.length > 0) throw newer(path, unknown)
}

/**
 * Checks the tables that limits depend on; the log alone may be huge, and its damage affects no
 * limit.
 */
function requireWhole(database: DatabaseSync, path: string): void {
  for (const table of ['balances', 'open_reservations']) {
    const [row] = database.prepare(`PRAGMA quick_check(${table})`).all()
    if (row?.['quick_check'] !== 'ok') throw unusable(path, `is damaged (${table})`)
  }
}

const provider = { getMigrations: async () => ({ ...migrations }) }

/** All steps in one transaction, which Kysely does not use for SQLite by default. */
async function migrate({ database, queries }: OpenDatabase): Promise<void> {
  database.exec('BEGIN IMMEDIATE')
  const { error } = await new Migrator({ db: queries, provider }).migrateToLatest()
  if (error !== undefined) throw error
  database.exec('COMMIT')
}

function newer(source: string, unknown: readonly string[]): ProblemsError {
  const what = `was written by a newer Gatekeeper (${unknown.join(', ')})`
  const remedy =
    'Run that version again, or restore the copy of the file that was made before its first start.'
  return new ProblemsError([{ source, what, remedy }])
}

function unusable(source: string, what: string): ProblemsError {
  const remedy =
    'Limits must not restart at zero by accident: restore a copy of the file. To discard the usage ' +
    `counted so far, move ${source} and all files named ${source}-* elsewhere.`
  return new ProblemsError([{ source, what, remedy }])
}
