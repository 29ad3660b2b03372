import { randomBytes } from 'node:crypto'
import { open, readFile, rename, rm, stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

/** Another process holds the lock; trying again later can succeed. */
export class LockHeldError extends Error {
  override readonly name = 'LockHeldError'
}

export type Lock = {
  /** Throws a LockHeldError if the lock was lost in the meantime: call it just before writing. */
  readonly confirm: () => Promise<void>
}

export type LockDeps = {
  readonly now?: () => number
  readonly wait?: (delayMs: number) => Promise<unknown>
}

/** An older lock belongs to a process that died. */
const ageMaxMs = 10_000
const retryMs = 50
const attemptsMax = 60

/**
 * Runs `work` while holding the lock file `path`, alone among all processes that do so. Waits up
 * to three seconds for it, then rejects with a LockHeldError.
 */
export async function withLock<T>(
  path: string,
  work: (lock: Lock) => Promise<T>,
  deps: LockDeps = {},
): Promise<T> {
  const mark = `${process.pid} ${randomBytes(12).toString('hex')}\n`
  const isOurs = async () => (await readFile(path, 'utf8').catch(() => '')) === mark
  await take(path, mark, deps)
  try {
    return await work({
      confirm: async () => {
        if (!(await isOurs())) throw new LockHeldError(`${path} was taken over`)
      },
    })
  } finally {
    if (await isOurs()) await rm(path, { force: true })
  }
}

async function take(path: string, mark: string, deps: LockDeps): Promise<void> {
  const { now = Date.now, wait = sleep } = deps
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    if (await create(path, mark)) return
    await removeDead(path, now())
    await wait(retryMs)
  }
  throw new LockHeldError(`${path} is held by another process`)
}

async function create(path: string, mark: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx', 0o600)
    try {
      await file.writeFile(mark)
    } catch (error) {
      // On a full disk the file can be created but its content cannot be written: such a lock would
      // protect nothing.
      await rm(path, { force: true })
      throw error
    } finally {
      await file.close()
    }
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/**
 * Two processes may find the same dead lock. It is renamed first, which only one of them can do;
 * `confirm` catches the case that the renamed lock was a new one by then.
 */
async function removeDead(path: string, now: number): Promise<void> {
  const found = await stat(path).catch(() => null)
  if (found === null || now - found.mtimeMs < ageMaxMs) return
  const aside = `${path}.${randomBytes(6).toString('hex')}.tmp`
  await rename(path, aside).catch(() => {})
  await rm(aside, { force: true })
}
