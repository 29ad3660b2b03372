import { randomBytes } from 'node:crypto'
import { constants, renameSync } from 'node:fs'
import { type FileHandle, open, readFile, realpath, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/** The owner and mode of a file. */
type Ownership = { readonly mode: number; readonly uid: number; readonly gid: number }

// A file that is itself a mount cannot be replaced by rename (EBUSY). Its folder may be on another
// disk (EXDEV), belong to another user, or be read-only.
const needsInPlace = new Set(['EBUSY', 'EXDEV', 'EACCES', 'EPERM', 'EROFS'])

export type WriteSteps = {
  /** Called just before the old text goes; if it rejects, nothing is written. */
  readonly confirm?: () => Promise<void>
  /** Called with the file at that moment, to keep the old text. */
  readonly keep?: (file: string, change: 'replaced' | 'overwritten') => void
}

/**
 * Writes a file so that a reader sees the old text or the new one, even after a power cut: a new
 * file beside it, then a rename. Owner and mode stay; a new file gets 0600. Only if that is
 * impossible, the file is written in place, and readers must expect incomplete text. Rejects as
 * `node:fs` does.
 */
export async function writeFileAtomic(
  path: string,
  text: string,
  steps: WriteSteps = {},
): Promise<void> {
  const target = await followLinks(path)
  const ownership = await ownershipOf(target)
  try {
    await replace(target, { text, ownership: ownership ?? (await newOwnership(target)) }, steps)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (ownership === null || !needsInPlace.has(code ?? '')) throw error
    await steps.confirm?.()
    steps.keep?.(target, 'overwritten')
    await overwrite(target, text)
  }
}

/** A rename over a symbolic link would replace the link and leave its target unchanged. */
async function followLinks(path: string): Promise<string> {
  return await realpath(path).catch(() => path)
}

async function ownershipOf(path: string): Promise<Ownership | null> {
  const { mode, uid, gid } = (await stat(path).catch(() => null)) ?? {}
  return mode === undefined ? null : { mode: mode & 0o777, uid: uid as number, gid: gid as number }
}

/**
 * A file that root creates in a user's folder belongs to that user: the service, not root, has to
 * read it.
 */
async function newOwnership(path: string): Promise<Ownership> {
  const { uid, gid } = await stat(dirname(path))
  const mode = 0o600
  return process.getuid?.() === 0 ? { mode, uid, gid } : { mode, uid: -1, gid: -1 }
}

async function replace(
  path: string,
  { text, ownership }: { readonly text: string; readonly ownership: Ownership },
  { confirm, keep }: WriteSteps,
): Promise<void> {
  const folder = dirname(path)
  const temporary = join(folder, `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`)
  try {
    const file = await open(temporary, 'wx', 0o600)
    try {
      await file.writeFile(text)
      await own(file, ownership)
      await file.sync()
    } finally {
      await file.close()
    }
    await confirm?.()
    // At once after each other: whatever is saved in between has no name any more.
    keep?.(path, 'replaced')
    renameSync(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  await syncFolder(folder)
}

async function own(file: FileHandle, ownership: Ownership): Promise<void> {
  const { uid, gid } = await file.stat()
  const wanted = ownership.uid === -1 ? { uid, gid } : ownership
  if (wanted.uid !== uid || wanted.gid !== gid) await file.chown(wanted.uid, wanted.gid)
  // After the owner: changing the owner clears mode bits.
  await file.chmod(ownership.mode)
}

async function overwrite(path: string, text: string): Promise<void> {
  const old = await readFile(path)
  const file = await open(path, constants.O_WRONLY)
  try {
    await put(file, Buffer.from(text))
  } catch (error) {
    // The disk is full: the old text fits again, because its blocks are still allocated.
    await put(file, old)
    throw error
  } finally {
    await file.close()
  }
}

async function put(file: FileHandle, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at, at)
    at += bytesWritten
  }
  await file.truncate(bytes.length)
  await file.sync()
}

/**
 * Without this, a crash may undo the rename. Some systems do not support it; then the error is
 * ignored.
 */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => null)
  await handle?.sync().catch(() => {})
  await handle?.close()
}
