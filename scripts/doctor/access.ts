import { lstat, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'

/** What users of the machine that are neither owner nor of the group can do with a file. */
export type OthersAccess = { readonly canRead: boolean; readonly canWrite: boolean }

/**
 * Judges by the modes on the way: a file in a closed folder is closed. Null where there is no such
 * file. A folder that others may write is as bad as a file that they may, since they can replace it.
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

/** The permission bits of a path; null where there is none, or none are kept. */
export async function modeOf(path: string): Promise<number | null> {
  if (process.platform === 'win32') return null
  return await stat(path).then(
    ({ mode }) => mode & 0o777,
    () => null,
  )
}

/** Paths as `chmod` in a shell takes them. */
export function quotePath(path: string): string {
  return /^[\w./:@%+-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`
}
