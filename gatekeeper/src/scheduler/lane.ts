/** Somebody who waits for a slot; `admit` ends the waiting, whatever way. */
export type Waiter = { readonly since: number; readonly admit: () => void }

/**
 * One key's share of a queue. `used` is the time that its requests took, divided by its weight: what
 * deficit round robin calls the deficit is how far that lies behind, or ahead of, the round.
 */
export type Lane = {
  weight: number
  used: number
  running: number
  /** Sum of the instants at which its running requests began. */
  startedSum: number
  /** When it was last served, counted in servings: of two equals the one that waited longer is next. */
  turn: number
  readonly waiting: Waiter[]
}

export function createLane(weight: number, round: number): Lane {
  return { weight, used: round, running: 0, startedSum: 0, turn: 0, waiting: [] }
}

export function isIdle(lane: Lane): boolean {
  return lane.running === 0 && lane.waiting.length === 0
}

/** What it has used by now, with its running requests as if they ended now. */
export function usedBy(lane: Lane, now: number): number {
  return lane.used + (lane.running * now - lane.startedSum) / lane.weight
}

/** Charges a request that began at `startedAt` and ends now. */
export function endIn(lane: Lane, startedAt: number, now: number): void {
  lane.running--
  lane.startedSum -= startedAt
  lane.used += (now - startedAt) / lane.weight
}

export function isBefore(left: Lane, right: Lane, now: number): boolean {
  const difference = usedBy(left, now) - usedBy(right, now)
  return difference === 0 ? left.turn < right.turn : difference < 0
}
