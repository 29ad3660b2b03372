/**
 * A database file of one kind: created, opened, migrated, and checked before use. A file that fails a
 * check is a problem and is never replaced by an empty one.
 */
import { chmodSync, existsSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import type { Kysely } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import { ProblemsError } from '../problem.ts'
import { createQueries, isDamage } from './node-sqlite.ts'

export type DatabaseForm = {
  /** SQLite's `application_id`: distinguishes the file from another program's. */
  readonly applicationId: number
  readonly migrations: Readonly<Record<string, Migration>>
  /** Tables that are checked at each opening; null checks all. */
  readonly checkedTables: readonly string[] | null
  /** Statements for a database that is written. */
  readonly pragmas: string
  /** What a person can do about a file that cannot be used. */
  readonly remedyFor: (path: string) => string
}

export type OpenDatabase<Tables> = {
  readonly database: DatabaseSync
  readonly queries: Kysely<Tables>
}

/** How long a statement waits for another process that writes. */
const busyMs = 2000

/**
 * Opens a database for writing, and creates it if it is missing and `mayCreate`. Rejects with a
 * ProblemsError if the file is damaged, foreign or newer, and with SQLite's or the file system's error
 * if the disk currently fails.
 */
export async function openDatabaseFile<Tables>(
  path: string,
  form: DatabaseForm,
  mayCreate: boolean,
): Promise<OpenDatabase<Tables>> {
  return await withoutDamage(path, form, async () => {
    if (!existsSync(path)) {
      if (!mayCreate) throw unusable(path, form, 'no longer exists')
      await create(path, form)
    }
    return await open<Tables>(path, form)
  })
}

/** Opens a database for reading, while another process writes it. Throws as above. */
export function openForReading<Tables>(path: string, form: DatabaseForm): OpenDatabase<Tables> {
  const opened = connect<Tables>(path, { readOnly: true })
  try {
    requireKnown(opened.database, path, form)
    return opened
  } catch (error) {
    opened.database.close()
    throw toProblem(error, path, form)
  }
}

/** Closes a database; if its last checkpoint fails, as on a full disk, nothing is lost. */
export async function closeDatabase<Tables>({
  database,
  queries,
}: OpenDatabase<Tables>): Promise<void> {
  await queries.destroy().catch(() => {})
  if (database.isOpen) database.close()
}

/** Returns the problem of a file that cannot be used. */
export function unusable(source: string, { remedyFor }: DatabaseForm, what: string): ProblemsError {
  return new ProblemsError([{ source, what, remedy: remedyFor(source) }])
}

async function withoutDamage<Result>(
  path: string,
  form: DatabaseForm,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    throw toProblem(error, path, form)
  }
}

function toProblem(error: unknown, path: string, form: DatabaseForm): unknown {
  return isDamage(error) ? unusable(path, form, 'is damaged or not a database') : error
}

/** Under another name until it is complete: an empty file is then always a loss, never a first start. */
async function create(path: string, form: DatabaseForm): Promise<void> {
  if (existsSync(`${path}-wal`)) throw unusable(path, form, `is missing, but ${path}-wal exists`)
  const made = `${path}.new`
  rmSync(made, { force: true })
  writeFileSync(made, '', { flag: 'wx', mode: 0o600 })
  const opened = connect<never>(made)
  try {
    opened.database.exec(`PRAGMA application_id = ${form.applicationId}`)
    await migrate(opened, form)
  } finally {
    await closeDatabase(opened)
  }
  renameSync(made, path)
}

async function open<Tables>(path: string, form: DatabaseForm): Promise<OpenDatabase<Tables>> {
  if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600)
  const opened = connect<Tables>(path)
  try {
    requireKnown(opened.database, path, form)
    requireWhole(opened.database, path, form)
    opened.database.exec(form.pragmas)
    await migrate(opened, form)
    return opened
  } catch (error) {
    await closeDatabase(opened)
    throw error
  }
}

function connect<Tables>(path: string, options: { readOnly?: boolean } = {}): OpenDatabase<Tables> {
  const database = new DatabaseSync(path, { ...options, timeout: busyMs })
  return { database, queries: createQueries<Tables>(database) }
}

function requireKnown(database: DatabaseSync, path: string, form: DatabaseForm): void {
  const empty = statSync(path).size === 0
  const id = database.prepare('PRAGMA application_id').get()?.['application_id']
  if (empty || id !== form.applicationId) {
    throw unusable(path, form, empty ? 'is empty' : 'belongs to another program')
  }
  const applied = database.prepare('SELECT name FROM kysely_migration').all()
  const names = applied.map(({ name }) => String(name))
  const unknown = names.filter((name) => !Object.hasOwn(form.migrations, name))
  if (unknown.length > 0) throw newer(path, unknown)
}

function requireWhole(database: DatabaseSync, path: string, form: DatabaseForm): void {
  if (form.checkedTables === null && !isWhole(database, '1')) {
    throw unusable(path, form, 'is damaged')
  }
  const damaged = form.checkedTables?.find((table) => !isWhole(database, table))
  if (damaged !== undefined) throw unusable(path, form, `is damaged (${damaged})`)
}

function isWhole(database: DatabaseSync, what: string): boolean {
  const [row] = database.prepare(`PRAGMA quick_check(${what})`).all()
  return row?.['quick_check'] === 'ok'
}

/** All steps in one transaction, which Kysely does not use for SQLite by default. */
async function migrate<Tables>(
  { database, queries }: OpenDatabase<Tables>,
  { migrations }: DatabaseForm,
): Promise<void> {
  const provider = { getMigrations: async () => ({ ...migrations }) }
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
