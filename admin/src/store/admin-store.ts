/**
 * `admin.db`: sign-in's own state. Rights and state of people stand in `people.json` alone. A database
 * that fails a check is a problem and is never replaced by an empty one.
 */
import { existsSync, lstatSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createOwnedFolder } from '../../../gatekeeper/src/lib/files/create-owned.ts'
import {
  closeDatabase,
  type DatabaseForm,
  type OpenDatabase,
  openDatabaseFile,
  unusable,
} from '../../../gatekeeper/src/lib/sqlite/database-file.ts'
import { migrations } from './migrations.ts'
import type { AdminTables } from './tables.ts'

export type AdminStore = OpenDatabase<AdminTables> & { readonly close: () => Promise<void> }

const form: DatabaseForm = {
  // "GKad".
  applicationId: 0x474b6164,
  migrations,
  checkedTables: null,
  // FULL: a session that was ended must not come back after a power cut.
  pragmas: 'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON',
  remedyFor: (path) =>
    'Passkeys and sessions must not disappear by accident: restore a copy of the file. To begin ' +
    `without them, move ${path} and all files named ${path}-* elsewhere, then run ` +
    '`npm run people -- reset`.',
}

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
  // It holds sessions: a link could lead to a file that others write.
  if (existsSync(path) && !lstatSync(path).isFile()) {
    throw unusable(path, form, 'is not a regular file')
  }
  const opened = await openDatabaseFile<AdminTables>(path, form, true)
  return Object.assign(opened, { close: () => closeDatabase(opened) })
}
