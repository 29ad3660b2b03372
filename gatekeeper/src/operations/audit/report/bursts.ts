/** This many requests of one caller or address within a minute are a burst. */
export const burstMin = 60

export type Burst = {
  /** A principal's id, or an address. */
  readonly who: string
  /** Its busiest minute, ISO 8601. */
  readonly minute: string
  readonly requests: number
  /** How many of its minutes had a burst. */
  readonly minutes: number
}

type Counted = { minute: string; count: number; busiest: string; most: number; minutes: number }

const callersMax = 100_000

/** Finds bursts in records that are sorted by time. */
export class Bursts {
  readonly #callers = new Map<string, Counted>()

  add(who: string, at: string): void {
    const minute = at.slice(0, 16)
    const known = this.#callers.get(who)
    if (known === undefined && this.#callers.size >= callersMax) return
    const counted = known ?? { minute, count: 0, busiest: minute, most: 0, minutes: 0 }
    this.#callers.set(who, counted)
    if (counted.minute !== minute) Object.assign(counted, { minute, count: 0 })
    counted.count++
    if (counted.count === burstMin) counted.minutes++
    if (counted.count > counted.most)
      Object.assign(counted, { busiest: minute, most: counted.count })
  }

  list(): Burst[] {
    return [...this.#callers]
      .filter(([, { minutes }]) => minutes > 0)
      .map(([who, { busiest, most, minutes }]) => ({
        ...{ who, minute: `${busiest}:00.000Z`, requests: most, minutes },
      }))
      .sort((one, other) => other.requests - one.requests || (one.who < other.who ? -1 : 1))
  }
}
