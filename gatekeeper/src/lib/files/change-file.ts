import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { writeFileAtomic } from './atomic-write.ts'
import { createOwnedFolder } from './create-owned.ts'
import { inTurn } from './in-turn.ts'
import { LockHeldError, withLock } from './lock-file.ts'
import { readStable } from './stable-read.ts'
import { decodeText } from './text-file.ts'
import { nextVersion } from './versions.ts'

/** A new text for a file, with the record of the change. */
export type NewText = {
  readonly text: string
  /** Called just before the text is written; if it rejects, nothing is written. */
  readonly record?: (() => Promise<void>) | undefined
  /** Called if the text could not be written after that. */
  readonly recordUnwritten?: (() => Promise<void>) | undefined
}

export type ChangeOptions = {
  readonly read?: ((path: string) => Promise<string | null>) | undefined
  /** Keeps the last ten versions (`versions.ts`). Never for a file with a secret in plain text. */
  readonly keepsVersions?: true
}

/** Another program saved the file while the change was being made. */
class ChangedError extends Error {}

const attemptsMax = 20

/**
 * Changes a file under its lock `PATH.lock`, so that no concurrent change is lost and readers see
 * the old text or the new one. `change` gets the text, or null if there is no file; if it returns
 * null or throws, nothing is written. If a program without the lock saves the file in the meantime,
 * the change begins again with that text. Resolves with the value that `change` returned. Rejects as
 * `change` and `node:fs` do, and with a LockHeldError.
 */
export async function changeFile<Changed extends NewText | null>(
  path: string,
  change: (text: string | null) => Changed | Promise<Changed>,
  options: ChangeOptions = {},
): Promise<Changed> {
  createOwnedFolder(dirname(path))
  // The lock is for other processes, and is not waited for longer than three seconds.
  return await inTurn(path, () => changeLocked(path, change, options))
}

async function changeLocked<Changed extends NewText | null>(
  path: string,
  change: (text: string | null) => Changed | Promise<Changed>,
  { read = readText, keepsVersions }: ChangeOptions,
): Promise<Changed> {
  return await withLock(`${path}.lock`, async (lock) => {
    for (let attempt = 1; attempt <= attemptsMax; attempt++) {
      const { digest } = await readStable(path)
      const changed = await change(await read(path))
      if (changed === null) return changed
      await lock.confirm()
      await changed.record?.()
      const confirm = async () => {
        if ((await readStable(path)).digest !== digest) throw new ChangedError()
        // `record` may have waited for a disk or for another process.
        await lock.confirm()
      }
      try {
        if (keepsVersions) await writeKept(path, changed.text, confirm)
        else await writeFileAtomic(path, changed.text, { confirm })
        return changed
      } catch (error) {
        await changed.recordUnwritten?.().catch(() => {})
        if (!(error instanceof ChangedError)) throw error
      }
    }
    throw new LockHeldError(`${path} is saved by another program all the time`)
  })
}

async function writeKept(path: string, text: string, confirm: () => Promise<void>): Promise<void> {
  const { keep, tidy } = nextVersion(path)
  await writeFileAtomic(path, text, { confirm, keep })
  tidy()
}

/**
 * Returns the text of a file; null if there is none. Rejects as `node:fs` does, and with an
 * EncodingError.
 */
export async function readText(path: string): Promise<string | null> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  return bytes === null ? null : decodeText(bytes)
}
