/**
 * Older versions of a document, so that a save by another program at the moment of a change is not
 * lost. They are in the folder `.versions` beside it: on the same disk, so that keeping one is a
 * second name for the file that is replaced, and out of sight of those who follow the folder.
 */
import { chmodSync, copyFileSync, existsSync, linkSync, readdirSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { createOwnedFile, createOwnedFolder } from './create-owned.ts'

const versionsMax = 10

export type Version = {
  /**
   * Keeps the file that is now replaced, or overwritten. A folder in which nothing can be created
   * has no versions. Throws as `node:fs` does.
   */
  readonly keep: (file: string, change: 'replaced' | 'overwritten') => void
  /** Makes the version readable for its owner only, and removes those before the last ten. */
  readonly tidy: () => void
}

/** Returns the next version of a document. The lock of the document is held until `tidy`. */
export function nextVersion(path: string): Version {
  const versions = listVersions(path)
  const kept = join(folderOf(path), `${basename(path)}.${(versions.at(-1)?.number ?? 0) + 1}`)
  return {
    keep: (file, change) => {
      if (!existsSync(file)) return
      try {
        createOwnedFolder(folderOf(path))
        // The file itself, so that the save of an editor that has it open is kept, too.
        if (change === 'overwritten' || !tryLink(file, kept)) copy(file, kept)
      } catch (error) {
        if (!isRefused(error)) throw error
      }
    },
    tidy: () => {
      try {
        if (existsSync(kept)) chmodSync(kept, 0o600)
        for (const { file } of listVersions(path).slice(0, -versionsMax)) {
          rmSync(file, { force: true })
        }
      } catch {
        // The document is written: the change succeeded. The next one tidies again.
      }
    },
  }
}

/** Removes all older versions of a document. Throws as `node:fs` does. */
export function removeVersions(path: string): void {
  for (const { file } of listVersions(path)) rmSync(file, { force: true })
}

function listVersions(path: string): readonly { readonly number: number; readonly file: string }[] {
  const prefix = `${basename(path)}.`
  return readNames(folderOf(path))
    .filter((name) => name.startsWith(prefix) && /^\d{1,15}$/.test(name.slice(prefix.length)))
    .map((name) => ({
      number: Number(name.slice(prefix.length)),
      file: join(folderOf(path), name),
    }))
    .sort((one, other) => one.number - other.number)
}

const folderOf = (path: string) => join(dirname(path), '.versions')

function readNames(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if (isRefused(error)) return []
    throw error
  }
}

function tryLink(file: string, kept: string): boolean {
  try {
    linkSync(file, kept)
    return true
  } catch (error) {
    if (isRefused(error)) return false
    throw error
  }
}

function copy(file: string, kept: string): void {
  // Where it is a second name for the file, copying would empty both.
  rmSync(kept, { force: true })
  createOwnedFile(kept)
  copyFileSync(file, kept)
}

/** There is no file yet, or it is a mount, or this user may not do that in the folder. */
function isRefused(error: unknown): boolean {
  const codes = ['ENOENT', 'EXDEV', 'EBUSY', 'EACCES', 'EPERM', 'EROFS', 'ENOTSUP']
  return codes.includes((error as NodeJS.ErrnoException).code ?? '')
}
