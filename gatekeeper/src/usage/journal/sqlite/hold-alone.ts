import { LockHeldError } from '../../../lib/files/lock-file.ts'
import { type ProcessLock, takeProcessLock } from '../../../lib/files/process-lock.ts'
import { ProblemsError } from '../../../lib/problem.ts'

/**
 * Makes this process the only one that counts in a state folder: another one would charge the open
 * requests of the first as interrupted, and each would count separately. Waits some seconds for a
 * process that is stopping. Rejects with a ProblemsError if another process holds the folder.
 */
export async function holdAlone(path: string): Promise<ProcessLock> {
  try {
    return await takeProcessLock(path)
  } catch (error) {
    if (!(error instanceof LockHeldError)) throw error
    const what = 'is in use by another gatekeeper'
    const remedy = 'Stop that one first: only one process at a time may use a state folder.'
    throw new ProblemsError([{ source: path, what, remedy }])
  }
}
