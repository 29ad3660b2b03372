/**
 * Records of acts that only take rights away: disabling, ending, removing. They are done even where
 * they cannot be recorded, because a full disk must not keep somebody in; the record follows, marked
 * late.
 */
import type { Clock } from '../../lib/clock.ts'
import { formatInstant } from '../../lib/instant.ts'
import { systemTimers, type Timers } from '../../lib/timers.ts'
import type { RecordActs } from './record-acts.ts'

export type LateRecords = {
  /** Never rejects. Resolves when the acts are recorded, or wait to be. */
  readonly record: RecordActs
  /** How many acts wait. */
  readonly waiting: () => number
  /** Tries once more. */
  readonly close: () => Promise<void>
}

type Deps = {
  readonly clock: Clock
  readonly timers?: Timers
  /** Called when acts could not be recorded. */
  readonly onFault?: (error: unknown) => void
}

const retryMs = 10_000
/** More than anybody does by hand; beyond, the newest are kept. */
const waitingMax = 10_000

/** Returns a recorder of such acts over one that rejects. */
export function createLateRecords(
  record: RecordActs,
  { clock, timers = systemTimers, onFault }: Deps,
): LateRecords {
  let waiting: Parameters<RecordActs>[0] = []
  let isTrying = false
  const retry = async () => {
    if (isTrying || waiting.length === 0) return
    isTrying = true
    const acts = waiting
    try {
      await record(acts)
      waiting = waiting.filter((act) => !acts.includes(act))
    } catch {
      // At the next turn.
    } finally {
      isTrying = false
    }
  }
  const stop = timers.every(retryMs, () => void retry())
  return {
    record: async (acts) => {
      try {
        await record(acts)
      } catch (error) {
        onFault?.(error)
        const happenedAt = formatInstant(clock())
        const late = acts.map((act) => ({ ...act, late: true, happenedAt }))
        waiting = [...waiting, ...late].slice(-waitingMax)
      }
    },
    waiting: () => waiting.length,
    close: async () => {
      stop()
      await retry()
    },
  }
}
