/** Why a document of the mounted folder could not be written, for every program that writes one. */
import { LockHeldError } from '../../gatekeeper/src/lib/files/lock-file.ts'
import { exitCode } from '../../gatekeeper/src/lib/problem.ts'
import { UnrecordedError } from '../../gatekeeper/src/operations/audit/record-acts.ts'
import type { Failure } from './program.ts'

/** What the exit codes of `explainWriting` mean. */
export const writingExitCodes: Readonly<Record<number, string>> = {
  73: 'the file cannot be written',
  75: 'another process holds the lock: try again',
  78: 'a setting or a file is broken; nothing was changed',
}

/** Explains a failure to write; null for an error that is none. */
export function explainWriting(error: unknown): Failure | null {
  const { message, code, path, syscall } = error as NodeJS.ErrnoException
  const lines = `${message}`.split('\n')
  if (error instanceof LockHeldError) return { code: exitCode.tryAgain, name: 'locked', lines }
  if (error instanceof UnrecordedError) {
    return { code: exitCode.cannotCreate, name: 'cannot_record', lines }
  }
  if (syscall === undefined) return null
  const what = `${path ?? 'the file'}: ${code} (${syscall})`
  const access = [what, ...explainAccess(code)]
  return { code: exitCode.cannotCreate, name: 'cannot_write', lines: access }
}

/** In containers the folder mostly belongs to the person who cloned, and the process to another user. */
function explainAccess(code: string | undefined): string[] {
  const uid = process.getuid?.()
  if (uid === undefined || (code !== 'EACCES' && code !== 'EPERM')) return []
  return [
    `this runs as uid ${uid}, which may not write there: give it the folder (chown -R ${uid} keys),`,
    "or, in containers, run as the folder's owner: GATEKEEPER_UID in .env, then up -d --build",
  ]
}
