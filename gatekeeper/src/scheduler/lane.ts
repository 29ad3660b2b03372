import type { QueuedRequest } from './queued-request.ts'

/** A caller that waits for a slot; `admit` ends the wait in any case. */
export type Waiter = {
  readonly since: number
  readonly admit: () => void
  readonly about?: QueuedRequest | undefined
}

/**
 * One key's share of a queue. `used` is the duration of its requests divided by its weight: the
 * deficit of deficit round robin is how far that is behind or ahead of the round.
 */
export type Lane = {
  weight: number
  used: number
  running: number
  /** Sum of the start instants of its running requests. */
  startedSum: number
  /**
   * When it was last served, counted in servings: of two equal lanes the one that waited longer is
   * next.
   */
  turn: number
  readonly waiting: Waiter[]
}

export function createLane(weight: number, round: number): Lane {
  return { weight, used: round, running: 0, startedSum: 0, turn: 0, waiting: [] }
}

export function isIdle(lane: Lane): boolean {
  return lane.running === 0 && lane.waiting.length === 0
}

/** Returns what it has used by now, as if its running requests ended now. */
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

/**
 * Returns everybody who waits in the order of their turns, as far as it can be known: the durations
 * of the requests that run, which decide it too, are not known yet.
 */
export function inOrder(lanes: Iterable<Lane>, now: number): Waiter[] {
  const waiting = [...lanes]
    .filter((lane) => lane.waiting.length > 0)
    .sort((one, other) => (isBefore(one, other, now) ? -1 : 1))
  const longest = Math.max(0, ...waiting.map((lane) => lane.waiting.length))
  return Array.from({ length: longest }, (_, turn) =>
    waiting.flatMap((lane) => lane.waiting[turn] ?? []),
  ).flat()
}
