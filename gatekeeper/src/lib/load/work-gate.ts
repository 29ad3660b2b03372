/**
 * Bounds how many pieces of work are done at a time, once more come than can be done. What waits for
 * another thread keeps no timer waiting, so a loop's lag does not show it; that whatever ends took
 * long does. Only work of this process is to be counted here, no wait for a client, a disk or an
 * upstream: then a handful at a time keeps every thread busy, and whatever is more only waits.
 */

export type WorkGate = {
  /** Begins a piece of work; what it gives ends it, once. Null where there is far too much already. */
  readonly begin: () => (() => void) | null
  /** Whether somebody who would bring work is to be refused now. Asked once for each. */
  readonly isFull: () => boolean
  readonly isOverloaded: () => boolean
  /** Looks at what was done since; to be called every few milliseconds. */
  readonly look: () => void
}

export type WorkRules = {
  /** How long a piece of work may take, with its wait, when many are under way. */
  readonly workMs: number
}

/** One that the loop works on, while other threads unpack the next: more would only wait. */
const workMax = 3
/** What was let in before its work came (a long body) may make it so many. */
const begunMax = 2 * workMax
/** Fewer late ones in a window are no crowd, and may be late because they are large. */
const lateMin = 4
const shareLate = 0.75
const windowMs = 100
/** In so many windows one after the other: a crowd that comes at once is soon done. */
const windowsLate = 3
const reliefMs = 1_000
/** Where less comes than can be done, all places are taken for less than this share of it by chance. */
const shareRelieved = 0.25

/**
 * After CoDel (RFC 8289): not that some waited long, but that for a while nearly all did, tells of too
 * much. Until it is over, new work is taken only while few pieces of it are under way.
 */
export function createWorkGate(
  { workMs }: WorkRules,
  { now }: { readonly now: () => number },
): WorkGate {
  let underWay = 0
  let isOverloaded = false
  let windowsLateSoFar = 0
  let done = { since: now(), count: 0, late: 0 }
  let asked = { since: 0, count: 0, refused: 0 }

  const end = (tookMs: number) => {
    underWay--
    // Short bodies that need no other thread pass the longest queue: they tell nothing of it.
    if (tookMs < 1) return
    done.count++
    if (tookMs > workMs) done.late++
  }
  const refuseFrom = (max: number) => {
    const isRefused = isOverloaded && underWay >= max
    if (isRefused) asked.refused++
    return isRefused
  }
  const lookForOverload = (at: number) => {
    if (at - done.since < windowMs) return
    const isLate = done.late >= lateMin && done.late >= done.count * shareLate
    done = { since: at, count: 0, late: 0 }
    windowsLateSoFar = isLate ? windowsLateSoFar + 1 : 0
    if (windowsLateSoFar < windowsLate) return
    isOverloaded = true
    asked = { since: at, count: 0, refused: 0 }
  }
  const lookForRelief = (at: number) => {
    if (at - asked.since < reliefMs) return
    isOverloaded = underWay >= workMax || asked.refused > asked.count * shareRelieved
    asked = { since: at, count: 0, refused: 0 }
    if (isOverloaded) return
    windowsLateSoFar = 0
    done = { since: at, count: 0, late: 0 }
  }
  return {
    begin: () => {
      if (refuseFrom(begunMax)) return null
      const begunAt = now()
      underWay++
      let isUnderWay = true
      return () => {
        if (!isUnderWay) return
        isUnderWay = false
        end(now() - begunAt)
      }
    },
    isFull: () => {
      asked.count++
      return refuseFrom(workMax)
    },
    isOverloaded: () => isOverloaded,
    look: () => (isOverloaded ? lookForRelief : lookForOverload)(now()),
  }
}
