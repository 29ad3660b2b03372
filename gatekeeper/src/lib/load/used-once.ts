import type { Clock } from '../clock.ts'

export type UsedOnce = {
  /** Returns what `take` would return now. */
  readonly test: (id: string) => 'used' | 'full' | null
  /** Marks the id as used; a reason if it was used before, or if no more can be remembered. */
  readonly take: (id: string) => 'used' | 'full' | null
}

/** Ids that are remembered for one lifetime. */
const rememberedMax = 200_000

/**
 * Remembers which ids were used, for at least one lifetime of theirs: in two halves, of which the
 * older one is dropped as a whole. It never forgets one early; where there are too many it takes no
 * more.
 */
export function createUsedOnce(lifetimeMs: number, clock: Clock): UsedOnce {
  let recent = new Set<string>()
  let older = new Set<string>()
  let turnAt = clock() + lifetimeMs
  const turn = () => {
    const now = clock()
    if (now < turnAt) return
    older = now < turnAt + lifetimeMs ? recent : new Set()
    recent = new Set()
    turnAt = now + lifetimeMs
  }
  const test = (id: string) => {
    turn()
    if (recent.has(id) || older.has(id)) return 'used'
    return recent.size >= rememberedMax ? 'full' : null
  }
  return {
    test,
    take: (id) => {
      const reason = test(id)
      if (reason === null) recent.add(id)
      return reason
    },
  }
}
