/**
 * Records of acts that only take rights away: disabling, ending, removing. They are done even where
 * they cannot be recorded, because a full disk must not keep somebody in; the record follows, marked
 * late.
 */
import type { Clock } from '../../lib/clock.ts'
import { formatInstant } from '../../lib/instant.ts'
import { systemTimers, type Timers } from '../../lib/timers.ts'
import type { RecordActs } from './record-acts.ts'
import type { UnrecordedActs } from './unrecorded-acts.ts'

export type LateRecords = {
  /** Never rejects. Resolves when the acts are recorded, or wait to be. */
  readonly record: RecordActs
  /** Whether acts wait. */
  readonly isWaiting: () => Promise<boolean>
  /** Tries once more. */
  readonly close: () => Promise<void>
}

type Deps = {
  readonly clock: Clock
  readonly timers?: Timers
  /** What commands could not record. */
  readonly unrecorded?: Pick<UnrecordedActs, 'flush' | 'isWaiting'>
  /** Called when acts could not be recorded. */
  readonly onFault?: (error: unknown) => void
}

const retryMs = 10_000
/** More than anybody does by hand; beyond, the newest are kept. */
const waitingMax = 10_000

/** Returns a recorder of such acts over one that rejects. */
export function createLateRecords(
  record: RecordActs,
  { clock, timers = systemTimers, unrecorded, onFault }: Deps,
): LateRecords {
  let waiting: Parameters<RecordActs>[0] = []
  let isTrying = false
  const retry = async () => {
    if (isTrying) return
    isTrying = true
    const acts = waiting
    try {
      await unrecorded?.flush()
      if (acts.length === 0) return
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
    isWaiting: async () => waiting.length > 0 || (await unrecorded?.isWaiting()) === true,
    close: async () => {
      stop()
      await retry()
    },
  }
}
