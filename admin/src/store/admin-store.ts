/**
 * `admin.db`: sign-in's own state. Rights and state of people stand in `people.json` alone. A database
 * that fails a check is a problem and is never replaced by an empty one.
 */
import {
  chmodSync,
  existsSync,
  lstatSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Kysely } from 'kysely'
import { Migrator } from 'kysely/migration'
import { createOwnedFolder } from '../../../gatekeeper/src/lib/files/create-owned.ts'
import { ProblemsError } from '../../../gatekeeper/src/lib/problem.ts'
import { createQueries, isDamage } from '../../../gatekeeper/src/lib/sqlite/node-sqlite.ts'
import { migrations } from './migrations.ts'
import type { AdminTables } from './tables.ts'

export type AdminStore = {
  readonly database: DatabaseSync
  readonly queries: Kysely<AdminTables>
  readonly close: () => Promise<void>
}

/** SQLite's `application_id`, "GKad": distinguishes our file from another program's. */
const applicationId = 0x474b6164

/** For another process of this user, such as `npm run people`, that writes for a moment. */
const busyMs = 2000

/** Returns the path of the database, which has a folder of its own. */
export function adminStorePath(stateDir: string): string {
  return join(stateDir, 'admin', 'admin.db')
}

/**
 * Opens the database, or creates it in its folder (0700). Rejects with a ProblemsError if the file is
 * damaged, foreign or newer, and with SQLite's or the file system's error if the disk fails.
 */
export async function openAdminStore(path: string): Promise<AdminStore> {
  createOwnedFolder(dirname(path))
  try {
    if (!existsSync(path)) await create(path)
    return await open(path)
  } catch (error) {
    throw isDamage(error) ? unusable(path, 'is damaged or not a database') : error
  }
}

/** Under another name until it is complete, so that an empty `admin.db` is always a loss. */
async function create(path: string): Promise<void> {
  if (existsSync(`${path}-wal`)) throw unusable(path, `is missing, but ${path}-wal exists`)
  const made = `${path}.new`
  rmSync(made, { force: true })
  writeFileSync(made, '', { flag: 'wx', mode: 0o600 })
  const store = openFile(made)
  try {
    store.database.exec(`PRAGMA application_id = ${applicationId}`)
    await migrate(store)
  } finally {
    await store.close()
  }
  renameSync(made, path)
}

async function open(path: string): Promise<AdminStore> {
  // It holds sessions: a link could lead to a file that others write.
  if (!lstatSync(path).isFile()) throw unusable(path, 'is not a regular file')
  if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600)
  const store = openFile(path)
  try {
    requireKnown(store.database, path)
    requireWhole(store.database, path)
    // FULL: a session that was ended must not come back after a power cut.
    store.database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
    store.database.exec('PRAGMA secure_delete = ON')
    await migrate(store)
    return store
  } catch (error) {
    await store.close()
    throw error
  }
}

function openFile(path: string): AdminStore {
  const database = new DatabaseSync(path, { timeout: busyMs })
  const queries = createQueries<AdminTables>(database)
  const close = async () => {
    // If the last checkpoint fails, as on a full disk, nothing is lost.
    await queries.destroy().catch(() => {})
    if (database.isOpen) database.close()
  }
  return { database, queries, close }
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

function requireWhole(database: DatabaseSync, path: string): void {
  const [row] = database.prepare('PRAGMA quick_check(1)').all()
  if (row?.['quick_check'] !== 'ok') throw unusable(path, 'is damaged')
}

const provider = { getMigrations: async () => ({ ...migrations }) }

/** All steps in one transaction, which Kysely does not use for SQLite by default. */
async function migrate({ database, queries }: AdminStore): Promise<void> {
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
    'Passkeys and sessions must not disappear by accident: restore a copy of the file. To begin ' +
    `without them, move ${source} and all files named ${source}-* elsewhere, then run ` +
    '`npm run people -- reset`.'
  return new ProblemsError([{ source, what, remedy }])
}
