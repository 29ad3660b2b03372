import type { CountingApp } from './counting-app.ts'
import type { Front } from './front.ts'
import { type Caller, type LoadPlan, runLoad } from './load.ts'
import type { LoadTally } from './load-count.ts'

/** The effect of a load on a front, seen by the callers and by the application. */
export type AttackTally = LoadTally & {
  readonly checksAtApp: number
  readonly credentialsAtApp: number
  readonly closedByApp: number
}

type Size = Pick<LoadPlan, 'connections' | 'requestsMax' | 'secondsMax'>

export type Attack = {
  readonly app: CountingApp
  readonly callers: readonly Caller[]
  /** The share of the application's connections that it closes after an answer. */
  readonly appChurn: number
  readonly size: Size
}

/** Runs one load, and throws if Caddy or the gatekeeper did not survive it. */
export async function attack(front: Front, options: Attack): Promise<AttackTally> {
  const { app, callers, appChurn, size } = options
  app.reset(appChurn)
  const tally = await runLoad({ target: front.target, prefix: front.prefix, callers, ...size })
  const wrong = front.wrong()
  if (wrong !== null) throw new Error(wrong)
  return {
    ...tally,
    checksAtApp: app.checks(),
    credentialsAtApp: app.credentials(),
    closedByApp: app.closed(),
  }
}

/** The counts of several loads together. */
export function addCounts(tallies: readonly AttackTally[]) {
  const sum = (name: Exclude<keyof AttackTally, 'statuses'>) =>
    tallies.reduce((total, tally) => total + tally[name], 0)
  return {
    requests: sum('requests'),
    badLetIn: sum('badLetIn'),
    checksAtApp: sum('checksAtApp'),
    credentialsAtApp: sum('credentialsAtApp'),
    goodRefused: sum('goodRefused'),
    timedOut: sum('timedOut'),
    mixedUp: sum('mixedUp'),
  }
}
