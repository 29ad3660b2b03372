/**
 * A lock between processes that the system releases when its holder ends, in whatever way. It is
 * SQLite's lock on an empty file, because Node has no file locks: a lock file with an age would
 * have to guess whether its holder is dead or only slow.
 */
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { createOwnedFile } from './create-owned.ts'
import { LockHeldError } from './lock-file.ts'

export type ProcessLock = { readonly release: () => void }

/** SQLITE_BUSY */
const busy = 5
/** SQLITE_FULL: even a lock needs some space. */
const full = 13
const retryMs = 20
const attemptsMax = 250

/** Takes the lock; returns null if another holder has it. Throws as `node:fs` and SQLite do. */
export function tryProcessLock(path: string): ProcessLock | null {
  createOwnedFile(path)
  const database = new DatabaseSync(path, { timeout: 0 })
  try {
    database.exec('BEGIN EXCLUSIVE')
    return { release: () => database.close() }
  } catch (error) {
    database.close()
    const { errcode = 0 } = error as { errcode?: number }
    if ((errcode & 0xff) === busy) return null
    throw (errcode & 0xff) === full ? Object.assign(new Error('no space'), noSpace(path)) : error
  }
}

/** The members of an error of `node:fs`, which callers know how to explain. */
const noSpace = (path: string) => ({ code: 'ENOSPC', syscall: 'lock', path })

/** Takes the lock, waiting up to five seconds for it; then rejects with a LockHeldError. */
export async function takeProcessLock(path: string): Promise<ProcessLock> {
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    const lock = tryProcessLock(path)
    if (lock !== null) return lock
    await sleep(retryMs)
  }
  throw new LockHeldError(`${path} is held by another process`)
}
