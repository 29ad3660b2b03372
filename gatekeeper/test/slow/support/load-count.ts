import type { Caller } from './load.ts'
import type { LoadAnswer } from './load-connection.ts'

export type LoadTally = {
  readonly requests: number
  readonly good: number
  /** Good credentials without the application's answer, broken connections among them. */
  readonly goodRefused: number
  /**
   * Answers of 504: the gatekeeper or the application did not answer in time, as when a machine
   * with other work pauses for a second. They are not refusals, and a misrouted check is never one.
   */
  readonly timedOut: number
  readonly bad: number
  readonly badLetIn: number
  /** Answers that belong to another request, or of an application that received another caller. */
  readonly mixedUp: number
  /** How often each status was seen; 0 stands for a connection that broke. */
  readonly statuses: Readonly<Record<number, number>>
  readonly seconds: number
  /** Of the requests with a good credential. */
  readonly p50Ms: number
}

type Outcome = {
  readonly number: number
  readonly caller: Caller
  readonly answer: LoadAnswer | null
  readonly tookMs: number
}

/** Counts the results of a load. */
export function createLoadCount() {
  const tally = {
    ...{ requests: 0, good: 0, goodRefused: 0, timedOut: 0 },
    ...{ bad: 0, badLetIn: 0, mixedUp: 0 },
  }
  const statuses: Record<number, number> = {}
  const tookMs: number[] = []
  const addBad = (status: number): void => {
    tally.bad += 1
    if (status < 400 && status !== 0) tally.badLetIn += 1
  }
  const addGood = (status: number, outcome: Outcome): void => {
    tally.good += 1
    tookMs.push(outcome.tookMs)
    if (status === 200 && !isOwnAnswer(outcome)) tally.mixedUp += 1
    if (status !== 200 && status !== 504) tally.goodRefused += 1
  }
  return {
    add(outcome: Outcome): void {
      const status = outcome.answer?.status ?? 0
      statuses[status] = (statuses[status] ?? 0) + 1
      tally.requests += 1
      if (status === 504) tally.timedOut += 1
      if (outcome.caller.user === null) addBad(status)
      else addGood(status, outcome)
    },
    read: (seconds: number): LoadTally => ({ ...tally, statuses, seconds, p50Ms: median(tookMs) }),
  }
}

function isOwnAnswer({ number, caller, answer }: Outcome): boolean {
  return answer?.text === `/${number} ${caller.user}`
}

/** NaN if there are none. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
