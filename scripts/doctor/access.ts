import { lstat, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'

/** What users of the machine can do with a file if they are neither its owner nor in its group. */
export type OthersAccess = { readonly canRead: boolean; readonly canWrite: boolean }

/**
 * Judges a path by the modes of its folders: a file in a closed folder is closed. Null if there is
 * no file. A writable folder is as bad as a writable file, because the file can be replaced.
 */
export async function accessOfOthers(path: string): Promise<OthersAccess | null> {
  if (process.platform === 'win32') return null
  try {
    const { mode } = await stat(path)
    const isReached = await isReachedByOthers(dirname(resolve(path)))
    const parent = await stat(dirname(resolve(path)))
    const isReplaceable = (parent.mode & 0o003) === 0o003 && (parent.mode & 0o1000) === 0
    return {
      canRead: isReached && (mode & 0o004) !== 0,
      canWrite: isReached && ((mode & 0o002) !== 0 || isReplaceable),
    }
  } catch {
    return null
  }
}

async function isReachedByOthers(folder: string): Promise<boolean> {
  const { mode } = await lstat(folder)
  if ((mode & 0o001) === 0 && (mode & 0o170000) !== 0o120000) return false
  const parent = dirname(folder)
  return parent === folder || (await isReachedByOthers(parent))
}

/** Returns the permission bits of a path; null if there is no file or the system has none. */
export async function modeOf(path: string): Promise<number | null> {
  if (process.platform === 'win32') return null
  return await stat(path).then(
    ({ mode }) => mode & 0o777,
    () => null,
  )
}

/** Quotes paths for `chmod` in a shell. */
export function quotePath(path: string): string {
  return /^[\w./:@%+-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`
}
