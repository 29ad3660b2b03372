import type { Clock } from '../../gatekeeper/src/lib/clock.ts'

/** Two signals within this time count as one: the terminal and npm both pass on one Ctrl-C. */
const sameSignalMs = 1000

export type StopSignals = { readonly onFirst: () => void; readonly onSecond: () => void }

/** Returns the function to call at every signal: the first one drains, a later second one kills. */
export function createSignalCounter(on: StopSignals, clock: Clock): () => void {
  let firstAt: number | null = null
  let isKilled = false
  return () => {
    if (firstAt === null) {
      firstAt = clock()
      on.onFirst()
    } else if (clock() - firstAt >= sameSignalMs && !isKilled) {
      isKilled = true
      on.onSecond()
    }
  }
}
