import { performance } from 'node:perf_hooks'
import { systemTimers } from '../../lib/timers.ts'
import type { JournalEvent } from '../../usage/journal/commit-queue.ts'
import { createSqliteJournal } from '../../usage/journal/sqlite/sqlite-journal.ts'
import { createLedger } from '../../usage/ledger/ledger.ts'
import type { AppDeps } from '../app-deps.ts'

/** Opens the usage journal, and the ledger over it. Rejects with a ProblemsError if it is broken. */
export async function openJournal(deps: AppDeps) {
  const { settings, scratchDir, usage, clock, log, journalThread: thread, policies } = deps
  // Events are reported when they happen, and not for every request.
  const report = (event: JournalEvent) =>
    log[event.kind === 'recovered' ? 'warn' : 'error'](event, `usage journal: ${event.kind}`)
  const journal = createSqliteJournal({
    folder: scratchDir ?? settings.stateDir,
    retainDays: usage.retainDays,
    timers: systemTimers,
    clock,
    report,
    ...(thread && { thread }),
  })
  const { balances, interrupted } = await journal.load()
  if (interrupted > 0) {
    log.warn({ requests: interrupted }, 'charged the estimate for requests interrupted by a crash')
  }
  return {
    name: 'journal',
    ledger: createLedger({ clock, timeZone: policies.timeZone, journal, balances }),
    problems: () => {
      const state = journal.state()
      return state.status === 'failing' ? [state.problem] : []
    },
    /** Returns how long the store took to write and read nothing, in ms; null if it fails. */
    pingStore: async () => {
      const startedAt = performance.now()
      const answer = await journal.balancesOf([])
      return answer === null ? null : Math.round(performance.now() - startedAt)
    },
    /** Gives the calls of a principal another name; false if that could not be written. */
    renameCaller: journal.rename,
    close: journal.close,
  }
}
