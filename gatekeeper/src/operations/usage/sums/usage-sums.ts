/**
 * Sums of the usage log by time, user, key, service and model, kept beside it, so that a report over
 * millions of requests is quick. They follow the log in short steps by a cursor; the gatekeeper, which
 * writes the log, does nothing for them.
 */

import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import type { Clock } from '../../../lib/clock.ts'
import { systemTimers, type Timers } from '../../../lib/timers.ts'
import type { Installation } from '../../installation.ts'
import { readExtent, readLinesAfter } from '../usage-lines.ts'
import { type Buckets, createBuckets } from './bucket-start.ts'
import { countLines, removeOldSums } from './count-lines.ts'
import { countRefusals } from './count-refusals.ts'
import { KnownGroups } from './known-groups.ts'
import { readSums, type SumsQuestion, type SumsReport } from './read-sums.ts'
import { clearSums, kept, openSumsFile } from './sums-file.ts'

export type UsageSums = {
  readonly buckets: Buckets
  /** Counts new lines, within a bound, and returns the sums. Rejects as SQLite does. */
  readonly read: (question: SumsQuestion) => Promise<SumsReport>
  /** Returns every caller's names: those of groups with sums. */
  readonly callers: () => Promise<readonly { readonly key: string; readonly user: string | null }[]>
  /** Counts everything that is in the log, in the background. Rejects when the signal is aborted. */
  readonly catchUp: (signal?: AbortSignal) => Promise<void>
  readonly close: () => void
}

type Deps = {
  readonly stateDir: string
  readonly auditFolder: string
  readonly timeZone: string
  /** The file of the sums. */
  readonly path: string
  readonly clock: Clock
}

/** Lines of one step: some 20 ms. */
const stepLines = 2_000
/** Steps that a question waits for. */
const stepsMax = 4
/** Between two steps in the background, so that others have the processor too. */
const pauseMs = 4
const compareEveryMs = 2_000
const tidyEveryMs = 3_600_000

/** Opens the sums. Nothing is read before the first question. */
export function openUsageSums(deps: Deps): UsageSums {
  const sums = new Sums(deps)
  return {
    buckets: sums.buckets,
    read: (question) => sums.inTurn(() => sums.read(question)),
    callers: () => sums.inTurn(() => sums.callers()),
    catchUp: async (signal) => {
      sums.isCatchingUp = true
      try {
        while (!(await sums.inTurn(() => sums.step()))) await pause(pauseMs, null, { signal })
      } finally {
        sums.isCatchingUp = false
      }
    },
    close: () => sums.close(),
  }
}

class Sums {
  readonly buckets: Buckets
  isCatchingUp = false
  readonly #deps: Deps
  readonly #groups = new KnownGroups()
  #database: DatabaseSync | null = null
  #turn: Promise<unknown> = Promise.resolve()
  #comparedAt = Number.NEGATIVE_INFINITY
  #tidiedAt = Number.NEGATIVE_INFINITY

  constructor(deps: Deps) {
    this.#deps = deps
    this.buckets = createBuckets(deps.timeZone)
  }

  /** One at a time: a step reads, then writes. */
  inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.#turn.then(work)
    this.#turn = turn.catch(() => {})
    return turn
  }

  async read(question: SumsQuestion): Promise<SumsReport> {
    let isComplete = false
    // What is being counted in the background anyway is not waited for.
    const most = this.isCatchingUp ? 1 : stepsMax
    for (let step = 0; step < most && !isComplete; step++) isComplete = await this.step()
    const { auditFolder } = this.#deps
    const deps = { database: await this.#open(), groups: this.#groups, auditFolder }
    return { ...(await readSums(question, deps)), isComplete }
  }

  async callers() {
    await this.step()
    return this.#groups.all().map(({ key, user }) => ({ key, user }))
  }

  /** Counts some more; returns whether everything is counted. */
  async step(): Promise<boolean> {
    const { stateDir, auditFolder: folder, clock } = this.#deps
    const database = await this.#open()
    const now = clock()
    await this.#follow(database, now)
    const { lines, lastRequest } = readLinesAfter(stateDir, this.#lastLine(database), stepLines)
    const last = lines.at(-1)
    if (last !== undefined) {
      const deps = { database, groups: this.#groups, buckets: this.buckets, now }
      countLines(lines, { id: last.id, requestId: lastRequest ?? '' }, deps)
    }
    const deps = { folder, database, buckets: this.buckets, now }
    let blocks = 0
    const isCounted = await countRefusals(deps, () => ++blocks < 4)
    return isCounted && lines.length < stepLines
  }

  close(): void {
    this.#database?.close()
    this.#database = null
  }

  async #open(): Promise<DatabaseSync> {
    if (this.#database !== null) return this.#database
    const { path, timeZone, stateDir } = this.#deps
    this.#database = openSumsFile(path, timeZone)
    await this.#groups.load(this.#database, stateDir)
    return this.#database
  }

  /** Notices what changed in lines that are counted already: names, removed lines, another file. */
  async #follow(database: DatabaseSync, now: number): Promise<void> {
    if (now - this.#comparedAt < compareEveryMs && now >= this.#comparedAt) return
    this.#comparedAt = now
    const { stateDir } = this.#deps
    const lastLine = this.#lastLine(database)
    const { lastId, firstAt, requestId } = await readExtent(stateDir, lastLine)
    const isOther = requestId !== null && requestId !== kept(database, 'lastRequest')
    if (lastId < lastLine || (lastLine > 0 && isOther)) {
      clearSums(database)
      await this.#groups.load(database, stateDir)
      return
    }
    await this.#groups.compare(stateDir)
    if (now - this.#tidiedAt < tidyEveryMs) return
    this.#tidiedAt = now
    removeOldSums(database, { now, firstAt, buckets: this.buckets })
  }

  #lastLine(database: DatabaseSync): number {
    return Number(kept(database, 'lastLine') ?? 0)
  }
}

const opened = new WeakMap<object, UsageSums>()
/** How often new lines are counted while nobody asks. */
const followEveryMs = 15_000

type Place = Pick<Installation, 'stateDir' | 'auditFolder' | 'timeZone' | 'clock'>

/**
 * Returns the sums of an installation: the same ones for every caller. From the first call on they
 * follow the log in the background.
 */
export function usageSumsOf(installation: Place, timers: Timers = systemTimers): UsageSums {
  const known = opened.get(installation)
  if (known !== undefined) return known
  const { stateDir, auditFolder, timeZone, clock } = installation
  const path = join(stateDir, 'admin', 'usage-sums.db')
  const sums = openUsageSums({ stateDir, auditFolder, timeZone, clock, path })
  opened.set(installation, sums)
  let isFollowing = false
  const follow = async () => {
    if (isFollowing) return
    isFollowing = true
    // What fails here fails again for whoever asks, and is told to them.
    await sums.catchUp().catch(() => {})
    isFollowing = false
  }
  timers.every(followEveryMs, () => void follow())
  void follow()
  return sums
}
