import { formatProblem, type Problem } from '../../gatekeeper/src/lib/problem.ts'

/** Why a start cannot continue, for people, with the exit code for programs. */
export class StartError extends Error {
  override readonly name = 'StartError'
  readonly problems: readonly Problem[]
  readonly exitCode: number

  constructor(problems: readonly Problem[], exitCode: number) {
    super(problems.map(formatProblem).join('\n'))
    this.problems = problems
    this.exitCode = exitCode
  }
}
