/** The results of a run; `--json` writes a `Report`. */

/** One row in one round. */
export type RowSample = {
  readonly rps32: number
  readonly p50Ms1: number
  readonly p99Ms1: number
  /** Answers other than 200, and connections that broke. */
  readonly failed: number
  /** CPU time of Caddy and what decides, per request at 32 connections; null outside Linux. */
  readonly cpuMicros: number | null
}

export type RowReport = {
  readonly name: string
  readonly what: string
  readonly rps32: number
  readonly rps32Range: readonly [number, number]
  readonly p50Ms1: number
  readonly p99Ms1: number
  /** Compared with `caddy` in the same rounds. */
  readonly addedP50Ms: number
  readonly addedP99Ms: number
  readonly ratioToCaddy: number
  /** Compared with `null` for checks, with `bare-relay` for rows of the relay. */
  readonly ratioToNull: number
  readonly nullRow: string
  readonly cpuMicros: number | null
  readonly failed: number
}

/** One stream as its client saw it; times are epoch milliseconds with fractions. */
export type StreamRecord = {
  readonly askedAt: number
  /** When the client read each event, and when the application wrote it. */
  readonly events: readonly { readonly readAt: number; readonly sentAt: number }[]
  readonly isComplete: boolean
}

export type StreamReport = {
  readonly name: string
  readonly streams: number
  readonly eventsPerSecond: number
  readonly incomplete: number
  readonly firstEventP50Ms: number
  readonly firstEventP99Ms: number
  /** From the application's write to the client's read. */
  readonly delayP50Ms: number
  readonly delayP99Ms: number
  readonly largestGapMs: number
  /** The largest gap between two events as the application wrote them, which is not our delay. */
  readonly largestSentGapMs: number
}

/** A stream has no throughput, and so none of the figures of other rows. */
export type StreamRow = Readonly<
  Record<'rps32' | 'p50Ms1' | 'addedP50Ms' | 'addedP99Ms' | 'ratioToCaddy' | 'ratioToNull', null>
> & { readonly name: string; readonly stream: StreamReport }

/** Resident memory in MB (10^6 bytes); null if the system does not report it. */
export type MemoryReport = {
  readonly gatekeeperIdleMb: number | null
  readonly gatekeeperLoadedMb: number | null
  readonly caddyIdleMb: number | null
  /** The baseline: what Node and its HTTP server need. */
  readonly bareNodeIdleMb: number | null
}

/** From the start of the process until it is ready. */
export type StartupReport = {
  readonly readyMs: number
  readonly readyMsRange: readonly [number, number]
  /** With a key file of 100,000 keys. */
  readonly readyManyKeysMs: number
  /** A Node that runs nothing and ends. */
  readonly bareNodeMs: number
}

export type ReloadReport = {
  readonly keys: number
  readonly fileMb: number
  /** From the rename of a new key file until it is in force, including the watcher's delay. */
  readonly inForceMs: number
  readonly inForceMsRange: readonly [number, number]
  /** The slowest request with another key during the reloads. */
  readonly slowestRequestMs: number
  /** Median of a request with 100,000 keys over one with 10, directly at the check socket. */
  readonly ratioToTenKeys: number
  readonly requestMs: number
}

export type AuditReport = {
  /** Records of one idle process. */
  readonly recordsPerSecond: number
  /** CPU time of one record, including the thread that writes. */
  readonly cpuMicros: number
}

export type Report = {
  readonly at: string
  readonly machine: Readonly<Record<string, string | number>>
  readonly rounds: number
  readonly rows: readonly (RowReport | StreamRow)[]
  readonly memory: MemoryReport
  readonly startup: StartupReport
  readonly reload: ReloadReport
  readonly audit: AuditReport
  readonly gaps: readonly { readonly name: string; readonly why: string }[]
  readonly targets: readonly Target[]
}

/** A target and its measured value. */
export type Target = {
  readonly what: string
  readonly wanted: string
  readonly measured: number | null
  readonly isMet: boolean | null
}
