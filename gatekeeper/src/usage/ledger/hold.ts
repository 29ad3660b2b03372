import type { EndpointClass } from '../../model/endpoint.ts'
import type { ScopedLimit } from '../../model/limit.ts'
import {
  isRatePeriod,
  noQuota,
  type QuotaLimit,
  type Standing,
  windowMsOf,
} from '../../model/limit.ts'
import { countsRequests } from '../../policy/policies.ts'
import type { Balance } from '../journal/usage-journal.ts'
import type { Meter, Now } from './meter.ts'
import { keptPeriodOf } from './rate-meter.ts'

/** A limit with its scope. */
export type ScopedQuota = ScopedLimit & { readonly limit: QuotaLimit }

/** A limit with too little left, and how long until there is enough; null is never. */
export type Short = {
  readonly standing: Standing
  readonly waitMs: number | null
  /** The units that did not fit, and the instant from which they will; null is never. */
  readonly units: number
  readonly againAt: number | null
}

/** The charge of one request on one meter, with all limits of that meter. */
export class Hold {
  readonly #meter: Meter
  readonly #quotas: ScopedQuota[]
  readonly #periodAt: number
  #units = 0

  constructor(meter: Meter, quota: ScopedQuota, now: Now) {
    this.#meter = meter
    this.#quotas = [quota]
    // A charge belongs to the period in which the request arrived, however long it runs.
    this.#periodAt = meter.periodAt(now)
  }

  /** Two limits on one meter are both compared, but charged once. */
  compareTo(quota: ScopedQuota): void {
    this.#quotas.push(quota)
  }

  get unit(): QuotaLimit['unit'] {
    return this.#first.limit.unit
  }

  /** Returns whether a request of the class is charged; all limits of a meter are of one kind. */
  counts(endpointClass: EndpointClass | null | undefined): boolean {
    if (this.unit === 'requests') return countsRequests(this.#first.scope, endpointClass)
    return endpointClass === 'use'
  }

  /** Whether the journal records it. A minute is over before a process has restarted. */
  get isKept(): boolean {
    return keptPeriodOf(this.#first.limit) !== 'minute'
  }

  /** Whether it must be recorded before the request is forwarded: counts by calendar period. */
  get isDurable(): boolean {
    return !isRatePeriod(this.#first.limit.period)
  }

  /** Whether it is a limit at all: without one, requests are only counted. */
  get isShown(): boolean {
    return this.#first.limit.amount !== noQuota
  }

  /** The whole charge, for the journal. */
  get balance(): Balance {
    const { subject, limit } = this.#first
    const { unit } = limit
    return {
      subject,
      unit,
      period: keptPeriodOf(limit),
      startAt: this.#periodAt,
      amount: this.#units,
    }
  }

  /** Returns the first limit into which this many more units do not fit. */
  findShort(units: number, now: Now): Short | null {
    for (const quota of this.#quotas) {
      if (this.#meter.fits(units, quota.limit, now)) continue
      const waitMs = this.#waitMs(units, quota, now)
      const againAt = waitMs === null ? null : now.wallAt + waitMs
      return { standing: describeQuota(quota, this.#meter, now), waitMs, units, againAt }
    }
    return null
  }

  /** A quota of an app allows nothing if it is 0, but its answer still names the end of the period. */
  #waitMs(units: number, { scope, limit }: ScopedQuota, now: Now): number | null {
    const waitMs = this.#meter.waitMs(units, limit, now)
    return waitMs === null && scope === 'app' ? this.#meter.read(limit, now).resetMs : waitMs
  }

  /** Returns how many units still fit into every limit; never below zero. */
  room(now: Now): number {
    const rooms = this.#quotas.map(({ limit }) => this.#meter.read(limit, now).room)
    return Math.max(0, Math.min(...rooms))
  }

  charge(units: number, now: Now): void {
    if (units === 0) return
    this.#units += units
    this.#meter.add(units, this.#periodAt, now)
  }

  /** Replaces the reserved units by the used ones, which may exceed the limit. */
  settle(units: number, now: Now): void {
    this.charge(units - this.#units, now)
  }

  /** Returns the limits as they stand; with `units`, as if these replaced what is charged. */
  standings(now: Now, units: number | null = null): Standing[] {
    const less = units === null ? 0 : this.#units - units
    return this.#quotas.map((quota) => lessUsed(describeQuota(quota, this.#meter, now), less))
  }

  get #first(): ScopedQuota {
    return this.#quotas[0] as ScopedQuota
  }
}

/** Returns the state of a quota. Usage above the limit shows as nothing remaining. */
export function describeQuota(quota: ScopedQuota, meter: Meter, now: Now): Standing {
  const { limit, scope, subject } = quota
  const { room, used, resetMs } = meter.read(limit, now)
  return {
    ...{ scope, subject, text: limit.text, unit: limit.unit, amount: limit.amount, used },
    remaining: Math.max(0, room),
    resetAt: resetMs === null ? null : now.wallAt + resetMs,
    periodSeconds: secondsOf(limit),
    isRate: isRatePeriod(limit.period),
  }
}

/** Returns the standing with so many units given back; those of a rate drain evenly. */
function lessUsed(standing: Standing, less: number): Standing {
  const { amount, isRate, periodSeconds, resetAt } = standing
  if (less === 0) return standing
  const used = Math.max(0, standing.used - less)
  const earlierMs = isRate && periodSeconds !== null ? (less / amount) * periodSeconds * 1000 : 0
  return {
    ...{ ...standing, used, remaining: Math.max(0, amount - used) },
    resetAt: resetAt === null ? null : Math.round(resetAt - earlierMs),
  }
}

function secondsOf(limit: QuotaLimit): number | null {
  const windowMs = windowMsOf(limit)
  if (windowMs !== null) return windowMs / 1000
  // Calendar months differ; the longest one is used for the window.
  const days = { day: 1, month: 31 } as const
  return limit.period === 'day' || limit.period === 'month' ? days[limit.period] * 86_400 : null
}
