/** The form of what `--heavy` found out; `--json` writes a `HeavyReport`. */
import type { Target } from '../report.ts'
import type { EventsTally } from './events.ts'

/** The process in the middle, while something heavy went through it. */
export type Weight = {
  /** Resident memory in MB (10^6 bytes) just before, and the most during it; null outside Linux. */
  readonly idleMb: number | null
  readonly peakMb: number | null
  /** CPU time of the process; null outside Linux. */
  readonly cpuSeconds: number | null
}

/** One way of streams, each member the median of its turns; losses are of all turns together. */
export type EventsRow = EventsTally & { readonly name: string } & Weight

/** The median of the turns; the memory is that of the worst. */
export type TransferRow = Weight & {
  readonly name: string
  readonly bytes: number
  readonly tookMs: number
  /** Turns in which not all bytes came. */
  readonly failed: number
}

export type RefusalRow = {
  readonly name: string
  readonly status: number
  /** Medians over the turns, at 32 connections. */
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
