/**
 * Bounds the pieces of work that are under way once more arrive than can be done. Work that waits for
 * another thread delays no timer, so the lag of the event loop does not show it; its duration does.
 * Count only work of this process here, not waiting for a client, a disk or an upstream: then a few
 * pieces at a time keep every thread busy, and more would only wait.
 */

export type WorkRules = {
  /** How long a piece of work may take, with its wait, when many are under way. */
  readonly workMs: number
}

/** One for the event loop, the others for the threads that decompress. */
const workMax = 3
/** Requests accepted before their work came (long bodies) may raise it to this. */
const begunMax = 2 * workMax
/** Fewer late pieces in a window may be late because they are large. */
const lateMin = 4
const shareLate = 0.75
const windowMs = 100
/** Consecutive late windows that count as overload: a single burst is soon done. */
const windowsLateMin = 3
const reliefMs = 1_000
/** Below this share of refusals the load is over: by chance alone all places are taken less often. */
const shareRelieved = 0.25

/**
 * After CoDel (RFC 8289): too much is shown not by some work that waited long, but by nearly all of it
 * waiting long for a while. Until that is over, new work is accepted only while few pieces are under way.
 */
export class WorkGate {
  readonly #workMs: number
  readonly #now: () => number
  #underWay = 0
  #isOverloaded = false
  #windowsLate = 0
  #done: { since: number; count: number; late: number }
  #asked = { since: 0, count: 0, refused: 0 }

  constructor({ workMs }: WorkRules, { now }: { readonly now: () => number }) {
    this.#workMs = workMs
    this.#now = now
    this.#done = { since: now(), count: 0, late: 0 }
  }

  /** Begins a piece of work; returns what ends it, once, or null if far too much is under way. */
  begin(): (() => void) | null {
    if (this.#refuseFrom(begunMax)) return null
    const begunAt = this.#now()
    this.#underWay++
    let isUnderWay = true
    return () => {
      if (!isUnderWay) return
      isUnderWay = false
      this.#end(this.#now() - begunAt)
    }
  }

  /** Returns whether a request that would bring work is to be refused now; called once for each. */
  isFull(): boolean {
    this.#asked.count++
    return this.#refuseFrom(workMax)
  }

  isOverloaded(): boolean {
    return this.#isOverloaded
  }

  /** Judges the work that ended since the last call; to be called every few milliseconds. */
  look(): void {
    const at = this.#now()
    if (this.#isOverloaded) this.#lookForRelief(at)
    else this.#lookForOverload(at)
  }

  #end(tookMs: number): void {
    this.#underWay--
    // Short bodies that need no other thread pass the longest queue, so they say nothing about it.
    if (tookMs < 1) return
    this.#done.count++
    if (tookMs > this.#workMs) this.#done.late++
  }

  #refuseFrom(max: number): boolean {
    const isRefused = this.#isOverloaded && this.#underWay >= max
    if (isRefused) this.#asked.refused++
    return isRefused
  }

  #lookForOverload(at: number): void {
    const { since, count, late } = this.#done
    if (at - since < windowMs) return
    this.#done = { since: at, count: 0, late: 0 }
    this.#windowsLate = late >= lateMin && late >= count * shareLate ? this.#windowsLate + 1 : 0
    if (this.#windowsLate < windowsLateMin) return
    this.#isOverloaded = true
    this.#asked = { since: at, count: 0, refused: 0 }
  }

  #lookForRelief(at: number): void {
    const { since, count, refused } = this.#asked
    if (at - since < reliefMs) return
    this.#isOverloaded = this.#underWay >= workMax || refused > count * shareRelieved
    this.#asked = { since: at, count: 0, refused: 0 }
    if (this.#isOverloaded) return
    this.#windowsLate = 0
    this.#done = { since: at, count: 0, late: 0 }
  }
}
