/** Files and folders for the service alone, also where root makes them: it, not root, has to use them. */
import { chownSync, closeSync, mkdirSync, openSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/** Makes an empty file (0600) where there is none. Throws as `node:fs` does. */
export function createOwnedFile(path: string): void {
  if (exists(path)) return
  closeSync(openSync(path, 'a', 0o600))
  giveToOwner(path)
}

/** Makes a folder (0700) and those above it where there are none. Throws as `node:fs` does. */
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
