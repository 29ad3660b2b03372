import { type Problem, ProblemsError } from '../../../lib/problem.ts'

/** SQLite's results that blame the operation, not the database: CONSTRAINT, TOOBIG, MISMATCH. */
const refusals = new Set([18, 19, 20])

/** SQLITE_FULL, and the file system's code for it. */
const full = 13

/** Returns whether the operations themselves can never be written, into any database. */
export function isRefusal(error: unknown): boolean {
  const { errcode, code } = error as { errcode?: number; code?: string }
  if (errcode !== undefined) return refusals.has(errcode & 0xff)
  return code === 'ERR_INVALID_ARG_TYPE' || code === 'ERR_INVALID_ARG_VALUE'
}

/** Describes a database that currently fails, for the operator. */
export function toProblem(source: string, error: unknown): Problem {
  if (error instanceof ProblemsError && error.problems[0]) return error.problems[0]
  const { errcode, errstr, code, message } = error as {
    [name in 'errstr' | 'code' | 'message']?: string
  } & { errcode?: number }
  const what = `cannot be written (${errstr ?? code ?? message ?? 'unknown'})`
  const isFull = errcode !== undefined && (errcode & 0xff) === full
  const remedy = isFull
    ? 'Free space on its disk; writing then continues automatically.'
    : 'Check its disk; writing is retried automatically.'
  return { source, what, remedy }
}
