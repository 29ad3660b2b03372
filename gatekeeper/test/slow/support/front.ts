import type { Child } from '../../support/child.ts'
import type { Target } from './load-connection.ts'

/** A Caddy with a check server that allows or denies, in front of an application. */
export type Front = {
  readonly target: Target
  readonly prefix: string
  /** Connections that the check server has closed at random. */
  readonly closedChecks: () => number
  /** The processes that a request passes: Caddy, and the gatekeeper if there is one. */
  readonly pids: readonly number[]
  /** The process that ended too early, with the end of its output; null if none did. */
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
