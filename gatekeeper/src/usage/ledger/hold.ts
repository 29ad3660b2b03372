import type { EndpointClass } from '../../model/endpoint.ts'
import type { ScopedLimit } from '../../model/limit.ts'
import { isRatePeriod, type QuotaLimit, rateMs, type Standing } from '../../model/limit.ts'
import { countsRequests } from '../../policy/policies.ts'
import type { Balance } from '../journal/usage-journal.ts'
import type { Meter, Now } from './meter.ts'

/** A limit with the scope that it was found in. */
export type ScopedQuota = ScopedLimit & { readonly limit: QuotaLimit }

/** A limit that does not leave enough, and how long until it does; null is never. */
export type Short = {
  readonly standing: Standing
  readonly waitMs: number | null
  /** What was to fit, and the instant from which it does; null is never. */
  readonly units: number
  readonly againAt: number | null
}

/** What one request holds on one meter, with all limits that are compared to it. */
export class Hold {
  readonly #meter: Meter
  readonly #quotas: ScopedQuota[]
  readonly #periodAt: number
  #units = 0

  constructor(meter: Meter, quota: ScopedQuota, now: Now) {
    this.#meter = meter
    this.#quotas = [quota]
    // What a request uses belongs to the period in which it came, however long it runs.
    this.#periodAt = meter.periodAt(now)
  }

  /** Two limits on one meter are both compared, and charged once. */
  compareTo(quota: ScopedQuota): void {
    this.#quotas.push(quota)
  }

  get unit(): QuotaLimit['unit'] {
    return this.#first.limit.unit
  }

  /** Whether a request of the class is charged; a meter's limits are all of one kind. */
  counts(endpointClass: EndpointClass | null | undefined): boolean {
    if (this.unit === 'requests') return countsRequests(this.#first.scope, endpointClass)
    return endpointClass === 'use'
  }

  /** Whether the journal is told of it in the end. A minute is over before a process is back. */
  get isKept(): boolean {
    return this.#first.limit.period !== 'minute'
  }

  /** Whether it has to be on record before the request is sent on: counts of the calendar. */
  get isDurable(): boolean {
    return !isRatePeriod(this.#first.limit.period)
  }

  /** Everything that is charged, for the journal. */
  get balance(): Balance {
    const { subject, limit } = this.#first
    const { unit, period } = limit
    return { subject, unit, period, startAt: this.#periodAt, amount: this.#units }
  }

  /** The first limit that so many more units do not fit into. */
  findShort(units: number, now: Now): Short | null {
    for (const quota of this.#quotas) {
      if (this.#meter.fits(units, quota.limit, now)) continue
      const waitMs = this.#meter.waitMs(units, quota.limit, now)
      const againAt = waitMs === null ? null : now.wallAt + waitMs
      return { standing: describeQuota(quota, this.#meter, now), waitMs, units, againAt }
    }
    return null
  }

  /** How many units still fit into every limit; never below zero. */
  room(now: Now): number {
    const rooms = this.#quotas.map(({ limit }) => this.#meter.read(limit, now).room)
    return Math.max(0, Math.min(...rooms))
  }

  charge(units: number, now: Now): void {
    if (units === 0) return
    this.#units += units
    this.#meter.add(units, this.#periodAt, now)
  }

  /** Replaces what is held by what was used, which may be more than the limit allows. */
  settle(units: number, now: Now): void {
    this.charge(units - this.#units, now)
  }

  standings(now: Now): Standing[] {
    return this.#quotas.map((quota) => describeQuota(quota, this.#meter, now))
  }

  get #first(): ScopedQuota {
    return this.#quotas[0] as ScopedQuota
  }
}

/** How a quota stands. Over-limit use shows as nothing remaining. */
export function describeQuota(quota: ScopedQuota, meter: Meter, now: Now): Standing {
  const { limit, scope, subject } = quota
  const { room, used, resetMs } = meter.read(limit, now)
  return {
    ...{ scope, subject, text: limit.text, unit: limit.unit, amount: limit.amount, used },
    remaining: Math.max(0, room),
    resetAt: resetMs === null ? null : now.wallAt + resetMs,
    periodSeconds: periodSeconds[limit.period],
  }
}

/** Calendar months differ; as a window the longest tells the most. */
const periodSeconds: Readonly<Record<QuotaLimit['period'], number | null>> = {
  minute: rateMs.minute / 1000,
  hour: rateMs.hour / 1000,
  day: 86_400,
  month: 31 * 86_400,
  lifetime: null,
}
