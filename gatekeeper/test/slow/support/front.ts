import type { Child } from '../../support/child.ts'
import type { Target } from './load-connection.ts'

/** A Caddy with something behind it that says yes or no, in front of an application. */
export type Front = {
  readonly target: Target
  readonly prefix: string
  /** Connections that whoever answers the checks has closed by chance. */
  readonly closedChecks: () => number
  /** The processes that a request passes: Caddy, and the gatekeeper where there is one. */
  readonly pids: readonly number[]
  /** What ended before its time, with the end of its output; null where all is well. */
  readonly wrong: () => string | null
  readonly stop: () => Promise<void>
}

/** The share of connections that churn closes after an answer. */
export const churnShare = 0.3

/** Caddy may end under load: its table of variables is not made for two goroutines. */
export function describeEnd({ process, output }: Child): string | null {
  if (process.exitCode === null && process.signalCode === null) return null
  return `ended with ${process.exitCode ?? process.signalCode}: ${output().slice(-2_000)}`
}
