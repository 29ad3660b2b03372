/** The results of `--heavy`; `--json` writes a `HeavyReport`. */
import type { Target } from '../report.ts'
import type { EventsTally } from './events.ts'

/** The load of the process in the middle during a heavy part. */
export type Weight = {
  /** Resident memory in MB (10^6 bytes) just before, and the maximum; null outside Linux. */
  readonly idleMb: number | null
  readonly peakMb: number | null
  /** CPU time of the process; null outside Linux. */
  readonly cpuSeconds: number | null
}

/** Streams over one way: members are medians of the turns, losses are sums of all turns. */
export type EventsRow = EventsTally & { readonly name: string } & Weight

/** Medians of the turns; the memory is the largest of all turns. */
export type TransferRow = Weight & {
  readonly name: string
  readonly bytes: number
  readonly tookMs: number
  /** Turns in which bytes are missing. */
  readonly failed: number
}

export type RefusalRow = {
  readonly name: string
  readonly status: number
  /** Medians of the turns, at 32 connections. */
  readonly perSecond: number
  readonly cpuMicros: number | null
  readonly failed: number
}

export type HeavyReport = {
  readonly at: string
  readonly machine: Readonly<Record<string, string | number>>
  readonly events: readonly EventsRow[]
  readonly transfers: readonly TransferRow[]
  readonly refusals: readonly RefusalRow[]
  readonly targets: readonly Target[]
}
