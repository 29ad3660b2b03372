/**
 * A fault in a setting or file that a person wrote. `source` is the variable or file; `remedy` says
 * what to do, as a sentence.
 */
export type Problem = {
  readonly source: string
  readonly line?: number
  readonly column?: number
  readonly what: string
  readonly remedy: string
}

/** Formats `file:line:column: what. remedy`, the form that editors make clickable. */
export function formatProblem(problem: Problem): string {
  const { source, line, column, what, remedy } = problem
  const place =
    line === undefined ? source : `${source}:${line}${column === undefined ? '' : `:${column}`}`
  return `${place}: ${what}. ${remedy}`
}

/**
 * Thrown if a start cannot continue: contains every problem that was found, not only the first.
 */
export class ProblemsError extends Error {
  override readonly name = 'ProblemsError'
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    super(problems.map(formatProblem).join('\n'))
    this.problems = problems
  }
}

/** Exit codes of every program, after sysexits.h if it has a fitting one. */
export const exitCode = {
  ok: 0,
  /** The answer is no: an id that does not exist, a key that does not verify. */
  no: 1,
  /** Invalid arguments on the command line (EX_USAGE). */
  usage: 64,
  /** A required resource is missing or in use: Caddy, a port (EX_UNAVAILABLE). */
  unavailable: 69,
  /** A bug or a crashed part (EX_SOFTWARE). */
  software: 70,
  /** A file cannot be written (EX_CANTCREAT). */
  cannotCreate: 73,
  /** Another process holds the lock; trying again later can succeed (EX_TEMPFAIL). */
  tryAgain: 75,
  /** A setting or file is wrong (EX_CONFIG). */
  config: 78,
} as const
