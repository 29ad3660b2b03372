/**
 * Creates files and folders for the service user, also when root runs the command: the service, not
 * root, has to use them.
 */
import { chownSync, closeSync, mkdirSync, openSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/** Creates an empty file (0600) if there is none. Throws as `node:fs` does. */
export function createOwnedFile(path: string): void {
  if (exists(path)) return
  closeSync(openSync(path, 'a', 0o600))
  giveToOwner(path)
}

/** Creates a folder (0700) and its parents if they do not exist. Throws as `node:fs` does. */
export function createOwnedFolder(path: string): void {
  if (exists(path)) return
  createOwnedFolder(dirname(path))
  mkdirSync(path, { recursive: true, mode: 0o700 })
  giveToOwner(path)
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined
}

function giveToOwner(path: string): void {
  if (process.getuid?.() !== 0) return
  const { uid, gid } = statSync(dirname(path))
  chownSync(path, uid, gid)
}
