import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export type OpenLoopPlan = {
  readonly socketPath: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** In base64, as it goes from process to process. */
  readonly body: string
  /** A rate, or `{together}`: this many at a time, each after the one before. */
  readonly pace: { readonly perSecond: number } | { readonly together: number }
  readonly forMs: number
}

export type OpenLoopTally = {
  readonly sent: number
  /** The actual rate per second: a client has its limits too. */
  readonly perSecond: number
  /** Counts by status, or by the code of the error. */
  readonly statuses: Readonly<Record<string, number>>
  /** The answers with 200: when each was sent, since the start, and how long it took. */
  readonly accepted: readonly { readonly atMs: number; readonly tookMs: number }[]
}

export type OpenLoopClient = {
  readonly run: (plan: OpenLoopPlan) => Promise<OpenLoopTally>
  readonly stop: () => void
}

/** The client, in a process of its own. */
export function startOpenLoop(): OpenLoopClient {
  const child = fork(fileURLToPath(import.meta.resolve('../programs/open-loop.ts')))
  return {
    run: async (plan) => {
      const told = once(child, 'message') as Promise<[OpenLoopTally]>
      child.send(plan)
      return (await told)[0]
    },
    stop: () => {
      if (child.connected) child.disconnect()
    },
  }
}
