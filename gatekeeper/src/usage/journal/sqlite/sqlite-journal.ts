import { join } from 'node:path'
import type { Clock } from '../../../lib/clock.ts'
import { ProblemsError } from '../../../lib/problem.ts'
import type { Timers } from '../../../lib/timers.ts'
import { CommitQueue, type JournalEvent, type Written } from '../commit-queue.ts'
import type { Operation } from '../operation.ts'
import type { UsageJournal } from '../usage-journal.ts'
import { type JournalThread, startJournalThread } from './journal-thread.ts'

export type SqliteJournalDeps = {
  /** The state folder; the database is `usage.db` in it. */
  readonly folder: string
  /** How long lines of the usage log are kept. */
  readonly retainDays: number
  readonly clock: Clock
  readonly timers: Timers
  readonly report: (event: JournalEvent) => void
  /** A thread that was already started; it ends with this journal. */
  readonly thread?: JournalThread
}

const hourMs = 3_600_000

/** Between two steps of pruning, so that commits do not queue up behind it. */
const stepPauseMs = 50

/** Written after everything that waits, without changing anything. */
const nothing: Operation = { kind: 'charge', charges: [] }

/** Returns the file of the journal in a state folder. */
export const databaseIn = (folder: string): string => join(folder, 'usage.db')

/** The journal in SQLite, written by its own thread. Nothing is opened before `load`. */
export function createSqliteJournal(deps: SqliteJournalDeps): UsageJournal {
  const thread = deps.thread ?? startJournalThread()
  const queue = new CommitQueue({ ...deps, write: (operations) => write(thread, operations) })
  let stopPruning = () => {}
  return {
    load: async () => {
      try {
        const path = databaseIn(deps.folder)
        const loaded = await thread.ask({ kind: 'load', path, now: deps.clock() })
        stopPruning = startPruning(thread, deps)
        return loaded
      } catch (error) {
        await thread.end()
        throw error
      }
    },
    balancesOf: async (subjects) => {
      // Everything that was recorded before is written first, or the answer would lack it.
      const isReadable = queue.state().status === 'healthy' && (await queue.push(nothing))
      if (!isReadable) return null
      return await thread.ask({ kind: 'read', subjects, now: deps.clock() }).catch(() => null)
    },
    open: async (reservation) =>
      (await queue.push({ kind: 'open', reservation })) ? 'open' : 'unavailable',
    record: async (settled, urgency) =>
      (await queue.push({ kind: 'record', settled }, urgency)) ? 'durable' : 'deferred',
    rename: (from, to) => queue.push({ kind: 'rename', from, to }),
    state: () => queue.state(),
    close: async () => {
      stopPruning()
      await queue.drain()
      await thread.ask({ kind: 'close' }).catch(() => {})
      await thread.end()
    },
  }
}

async function write(thread: JournalThread, operations: readonly Operation[]): Promise<Written> {
  try {
    return { status: 'written', refused: await thread.ask({ kind: 'write', operations }) }
  } catch (error) {
    const [problem] = error instanceof ProblemsError ? error.problems : []
    if (problem === undefined) throw error
    return { status: 'failed', problem }
  }
}

/** Every hour, in steps. A failed step is retried an hour later. */
function startPruning(thread: JournalThread, deps: SqliteJournalDeps): () => void {
  const { clock, timers, retainDays } = deps
  let stopNext = () => {}
  const step = async () => {
    const order = { kind: 'prune', now: clock(), retainDays } as const
    const isMore = await thread.ask(order).catch(() => false)
    if (isMore) stopNext = timers.after(stepPauseMs, () => void step())
  }
  const stopHourly = timers.every(hourMs, () => void step())
  return () => {
    stopHourly()
    stopNext()
  }
}
