/** Counts the calls of strangers to one endpoint, by the row of `model/open-limits.ts`. */
import type { Clock } from '../lib/clock.ts'
import { createRateLimiter, type Rate } from '../lib/load/rate-limiter.ts'
import { groupAddress, networkOf } from '../lib/net/address-group.ts'
import type { OpenLimit } from '../model/open-limits.ts'

export type OpenLimiter = {
  /** Tests and charges in one step, all or nothing; false if a bound is reached. */
  readonly take: (address: string) => boolean
  /** Gives back what was taken. */
  readonly giveBack: (address: string) => void
}

/** `perAddress` is the rate that the row's setting says. */
export function createOpenLimiter(
  { networkTimes, everybody }: Pick<OpenLimit, 'networkTimes' | 'everybody'>,
  perAddress: Rate,
  clock?: Clock,
): OpenLimiter {
  const times = networkTimes ?? 1
  const ofNetwork = { burst: perAddress.burst * times, perMinute: perAddress.perMinute * times }
  const bounds = [
    { limiter: createRateLimiter(perAddress, clock), nameOf: groupAddress },
    ...(networkTimes === null
      ? []
      : [{ limiter: createRateLimiter(ofNetwork, clock), nameOf: networkOf }]),
    ...(everybody === null
      ? []
      : [{ limiter: createRateLimiter(everybody, clock), nameOf: () => 'everybody' }]),
  ]
  return {
    take: (address) => {
      const full = bounds.findIndex(({ limiter, nameOf }) => !limiter.take(nameOf(address)))
      if (full === -1) return true
      for (const { limiter, nameOf } of bounds.slice(0, full)) limiter.giveBack(nameOf(address))
      return false
    },
    giveBack: (address) => {
      for (const { limiter, nameOf } of bounds) limiter.giveBack(nameOf(address))
    },
  }
}
