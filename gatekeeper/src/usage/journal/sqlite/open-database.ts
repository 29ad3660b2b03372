/** The database file of the journal. */
import {
  closeDatabase as closeFile,
  type DatabaseForm,
  type OpenDatabase as OpenFile,
  openDatabaseFile,
  openForReading as openFileForReading,
} from '../../../lib/sqlite/database-file.ts'
import { migrations } from './migrations.ts'
import type { Tables } from './tables.ts'
import { prepareWrites, type WriteStatements } from './write-statements.ts'

/** The database, for reading. */
export type OpenDatabase = OpenFile<Tables>

/** The database of its writer. */
export type UsageDatabase = OpenDatabase & { readonly writes: WriteStatements }

/**
 * How far the WAL may grow, 32 MB, before a commit itself writes it back and waits for the disk.
 * The journal's thread writes it back each second anyway, between two commits; with SQLite's
 * default of 1000, commits under load do so several times a second, with the same few pages each
 * time.
 */
const walPagesMax = 8000

const form: DatabaseForm = {
  // "GKus".
  applicationId: 0x474b7573,
  migrations,
  // Those that limits depend on; the log alone may be huge, and its damage affects no limit.
  checkedTables: ['balances', 'open_reservations'],
  // WAL: readers and the writer do not wait for each other. NORMAL: a commit is safe from a kill of
  // the process without waiting for the disk; docs/decisions/0009 says what a power cut takes.
  pragmas: `PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = ${walPagesMax}`,
  remedyFor: (path) =>
    'Limits must not restart at zero by accident: restore a copy of the file. To discard the usage ' +
    `counted so far, move ${path} and all files named ${path}-* elsewhere.`,
}

/**
 * Opens the database for writing. `isFirst` allows creating it: a database that disappears later is
 * never replaced by an empty one. Rejects as `openDatabaseFile` does.
 */
export async function openUsageDatabase(path: string, isFirst: boolean): Promise<UsageDatabase> {
  const opened = await openDatabaseFile<Tables>(path, form, isFirst)
  try {
    return { ...opened, writes: prepareWrites(opened) }
  } catch (error) {
    await closeDatabase(opened)
    throw error
  }
}

/** Opens the database for reading, while another process writes it. Throws as above. */
export function openForReading(path: string): OpenDatabase {
  return openFileForReading<Tables>(path, form)
}

/** Closes the database; if its last checkpoint fails, as on a full disk, nothing is lost. */
export async function closeDatabase(opened: OpenDatabase): Promise<void> {
  await closeFile(opened)
}
