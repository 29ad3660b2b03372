/**
 * The file with the sums: a cache of the usage log and of refusals in the audit, made again from them
 * whenever it does not fit. It has no name of a user, key or model: a group says which line of the
 * usage log has them, so that an erasure there holds here too.
 */
import { chmodSync, existsSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createOwnedFolder } from '../../../lib/files/create-owned.ts'

/** Raised with each change of the tables: a file of another version is made again. */
const version = 1

const tables = `
  CREATE TABLE kept (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE groups (id INTEGER PRIMARY KEY, last_line INTEGER NOT NULL) STRICT;
  CREATE TABLE sums (
    size INTEGER NOT NULL, start_at INTEGER NOT NULL, group_id INTEGER NOT NULL,
    requests INTEGER NOT NULL, failed INTEGER NOT NULL,
    input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL,
    micro_usd INTEGER NOT NULL, duration_ms INTEGER NOT NULL,
    PRIMARY KEY (size, start_at, group_id)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE refusals (
    size INTEGER NOT NULL, start_at INTEGER NOT NULL, subject TEXT NOT NULL,
    requests INTEGER NOT NULL,
    PRIMARY KEY (size, start_at, subject)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE chains (
    chain TEXT PRIMARY KEY, segment INTEGER NOT NULL, bytes INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
`

/** Opens the file for the sums of a time zone. Makes it anew if it is missing, damaged or other. */
export function openSumsFile(path: string, timeZone: string): DatabaseSync {
  createOwnedFolder(dirname(path))
  try {
    const database = connect(path)
    if (isFitting(database, timeZone)) return database
    database.close()
  } catch {
    // Whatever is wrong with it: nothing is lost with a cache.
  }
  for (const end of ['', '-wal', '-shm']) rmSync(`${path}${end}`, { force: true })
  const database = connect(path)
  database.exec(`BEGIN; ${tables} PRAGMA user_version = ${version}; COMMIT`)
  keep(database, 'timeZone', timeZone)
  return database
}

function connect(path: string): DatabaseSync {
  if (!existsSync(path)) writeFileSync(path, '', { flag: 'wx', mode: 0o600 })
  chmodSync(path, 0o600)
  const database = new DatabaseSync(path, { timeout: 2000 })
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -4096')
  return database
}

function isFitting(database: DatabaseSync, timeZone: string): boolean {
  const found = database.prepare('PRAGMA user_version').get()?.['user_version']
  return found === version && kept(database, 'timeZone') === timeZone
}

/** Returns a value that was kept under a name; null if there is none. */
export function kept(database: DatabaseSync, name: string): string | null {
  const row = database.prepare('SELECT value FROM kept WHERE name = ?').get(name)
  return row === undefined ? null : String(row['value'])
}

export function keep(database: DatabaseSync, name: string, value: string): void {
  database
    .prepare('INSERT INTO kept VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value')
    .run(name, value)
}

/** Runs `work` in one transaction. */
export function inOneStep(database: DatabaseSync, work: () => void): void {
  database.exec('BEGIN IMMEDIATE')
  try {
    work()
    database.exec('COMMIT')
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}

/** Removes everything that was counted. */
export function clearSums(database: DatabaseSync): void {
  inOneStep(database, () => {
    for (const table of ['groups', 'sums', 'refusals', 'chains']) {
      database.exec(`DELETE FROM ${table}`)
    }
    database.exec(`DELETE FROM kept WHERE name <> 'timeZone'`)
  })
}
