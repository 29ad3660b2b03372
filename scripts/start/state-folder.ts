import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { exitCode } from '../../gatekeeper/src/lib/problem.ts'
import { StartError } from './start-error.ts'

/** A folder with one of these entries is a state folder of ours. */
const ownNames = new Set(['run', 'caddy', 'tools', 'front-secrets.json'])

/**
 * Creates the state folder, for this user only: it contains the secrets by which Caddy and the
 * gatekeeper recognise each other. Throws a StartError when it cannot be used.
 */
export async function openStateFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 })
    await closeToOthers(path)
    await mkdir(join(path, 'run'), { recursive: true, mode: 0o700 })
    await tryWriting(join(path, 'run'))
  } catch (error) {
    if (error instanceof StartError) throw error
    const { code } = error as NodeJS.ErrnoException
    const what = `cannot be used as the state folder: ${reasons[code ?? ''] ?? code}`
    throw refuse(path, what, remedies[code ?? ''] ?? 'Set GATEKEEPER_STATE_DIR to another folder.')
  }
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'this user may not write there (EACCES)',
  EPERM: 'this user may not change it (EPERM)',
  ENOSPC: 'the disk is full (ENOSPC)',
  EROFS: 'the file system is read-only (EROFS)',
  ENOTDIR: 'a part of the path is a file (ENOTDIR)',
  EEXIST: 'it is a file (EEXIST)',
}

const remedies: Readonly<Record<string, string>> = {
  ENOSPC: 'Free some space, or set GATEKEEPER_STATE_DIR to a folder on another disk.',
  EACCES: 'Make it writable for this user, or set GATEKEEPER_STATE_DIR to another folder.',
}

const pidsFile = (stateDir: string) => join(stateDir, 'run', 'pids')

/** Records which processes run on this folder, so that the parts of a killed launcher can be found. */
export async function notePids(stateDir: string, pids: readonly number[]): Promise<void> {
  await writeFile(pidsFile(stateDir), pids.join(' '))
}

/** The process ids that the last start noted; null if there are none. */
export async function readNotedPids(stateDir: string): Promise<string | null> {
  const text = await readFile(pidsFile(stateDir), 'utf8').catch(() => '')
  return /^\d+( \d+)*$/.test(text) ? text : null
}

async function closeToOthers(path: string): Promise<void> {
  const { mode } = await stat(path)
  if (process.platform === 'win32' || (mode & 0o077) === 0) return
  // Never on a folder that is not ours: GATEKEEPER_STATE_DIR=/tmp would lock all users out of it.
  const names = await readdir(path)
  if (names.length > 0 && !names.some((name) => ownNames.has(name))) {
    const what = 'is open to other users and holds things that are not ours'
    throw refuse(path, what, 'Set GATEKEEPER_STATE_DIR to a folder of its own.')
  }
  await chmod(path, 0o700)
}

async function tryWriting(folder: string): Promise<void> {
  const file = join(folder, `.writable.${process.pid}.tmp`)
  try {
    await writeFile(file, Buffer.alloc(4096))
  } finally {
    await rm(file, { force: true })
  }
}

function refuse(source: string, what: string, remedy: string): StartError {
  return new StartError([{ source, what, remedy }], exitCode.config)
}
