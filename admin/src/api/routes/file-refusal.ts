import { LockHeldError } from '../../../../gatekeeper/src/lib/files/lock-file.ts'
import { ProblemsError } from '../../../../gatekeeper/src/lib/problem.ts'
import { ApiError } from '../api-error.ts'

/** Returns what refuses a change of any document: another writer, or a file that is broken. */
export function toFileRefusal(error: unknown): unknown {
  if (error instanceof LockHeldError) {
    return new ApiError('unavailable', 'Another program is writing the file. Try again.')
  }
  if (!(error instanceof ProblemsError)) return error
  const [problem] = error.problems
  return new ApiError('conflict', `Nothing was changed: ${problem?.what ?? 'a file is broken'}.`)
}
