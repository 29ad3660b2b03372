import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { writeFileAtomic } from './atomic-write.ts'
import { createOwnedFolder } from './create-owned.ts'
import { withLock } from './lock-file.ts'
import { decodeText } from './text-file.ts'

/** A new text for a file, with the record of the change. */
export type NewText = {
  readonly text: string
  /** Called just before the text is written; if it rejects, nothing is written. */
  readonly record?: (() => Promise<void>) | undefined
  /** Called if the text could not be written after that. */
  readonly recordUnwritten?: (() => Promise<void>) | undefined
}

/**
 * Changes a file under its lock `PATH.lock`, so that no concurrent change is lost and readers see
 * the old text or the new one. `change` gets the text, or null if there is no file; if it returns
 * null or throws, nothing is written. Resolves with the value that `change` returned. Rejects as
 * `change` and `node:fs` do, and with a LockHeldError.
 */
export async function changeFile<Changed extends NewText | null>(
  path: string,
  change: (text: string | null) => Changed | Promise<Changed>,
  read = readText,
): Promise<Changed> {
  createOwnedFolder(dirname(path))
  return await withLock(`${path}.lock`, async (lock) => {
    const changed = await change(await read(path))
    if (changed === null) return changed
    await lock.confirm()
    await changed.record?.()
    try {
      // `record` may have waited for a disk or for another process.
      await lock.confirm()
      await writeFileAtomic(path, changed.text)
    } catch (error) {
      await changed.recordUnwritten?.().catch(() => {})
      throw error
    }
    return changed
  })
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
