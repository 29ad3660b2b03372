/**
 * Finds security events among decided requests, for the metrics. In bounded memory, so an attacker
 * with many addresses makes it forget and not grow; the audit's report reads all records instead.
 */
import type { Clock } from '../lib/clock.ts'
import { groupAddress } from '../lib/net/address-group.ts'
import { isStranger } from '../model/principal.ts'
import { burstOf, eventOfRefusal, type SecurityEvent } from '../model/security-event.ts'
import type { Decided } from './decision-log.ts'

const hourMs = 3_600_000
const addressesMax = 50_000
const callersMax = 20_000
const addressesPerCallerMax = 64

/** Returns the events of a decided request. */
export function createSecurityWatch(clock: Clock): (decided: Decided) => readonly SecurityEvent[] {
  const isBurst = createBurstTest(clock)
  const isNewAddress = createAddressMemory()
  return (decided) => {
    const { facts, principal, reason } = decided
    if (facts === null) return []
    const group = groupAddress(facts.clientAddress)
    const ofRefusal = eventOfRefusal(reason, facts.service?.name ?? null)
    const isKnown = principal !== null && !isStranger(principal)
    const isNew = isKnown && reason === null && isNewAddress(principal.id, group)
    return [
      ...(ofRefusal === null ? [] : [ofRefusal]),
      ...(isNew ? (['new-address'] as const) : []),
      ...(isBurst(group, decided) ? (['refused-burst'] as const) : []),
    ]
  }
}

/** Tests whether an address has just reached the bound of refusals in this hour: once an hour. */
function createBurstTest(clock: Clock) {
  let hour = 0
  let refusals = new Map<string, number>()
  return (group: string, { reason, outcome }: Decided): boolean => {
    if (reason === null || outcome !== null) return false
    const now = Math.floor(clock() / hourMs)
    if (now !== hour) refusals = new Map()
    hour = now
    if (refusals.size >= addressesMax && !refusals.has(group)) return false
    const count = (refusals.get(group) ?? 0) + 1
    refusals.set(group, count)
    return count === burstOf.refused
  }
}

/** Tests whether a known caller uses an address for the first time; its first one is not new. */
function createAddressMemory() {
  const seen = new Map<string, Set<string>>()
  return (caller: string, group: string): boolean => {
    const known = seen.get(caller)
    if (known?.has(group)) return false
    if (known === undefined) {
      const [oldest] = seen.keys()
      if (seen.size >= callersMax && oldest !== undefined) seen.delete(oldest)
      seen.set(caller, new Set([group]))
      return false
    }
    const [first] = known
    if (known.size >= addressesPerCallerMax && first !== undefined) known.delete(first)
    known.add(group)
    return true
  }
}
