/** Adds up records one after the other, in constant memory. */
import type { AuditRecord } from '../../../audit/chain.ts'
import { groupAddress } from '../../../lib/net/address-group.ts'
import { burstOf, eventOfRefusal } from '../../../model/security-event.ts'
import { type Burst, Bursts } from './bursts.ts'
import { Counts } from './counts.ts'

/** The thresholds of the compatible analyser. */
export const refusedMin: number = burstOf.refused
export const requestsMin: number = burstOf.requests

type Named = { readonly name: string; readonly count: number }

export type HourCount = {
  readonly hour: string
  readonly allowed: number
  readonly refused: number
}

export type TallyResult = {
  readonly requests: { readonly allowed: number; readonly refused: number; readonly failed: number }
  readonly hours: readonly HourCount[]
  readonly reasons: readonly Named[]
  readonly services: readonly Named[]
  readonly refusedAddresses: readonly Named[]
  readonly suspicious: readonly SuspiciousAddress[]
  readonly bursts: readonly Burst[]
  readonly newAddresses: readonly NewAddress[]
  readonly securityEvents: readonly AddressEvent[]
  readonly users: readonly Named[]
  readonly models: readonly Named[]
  /** Failures of services, and answers of 500 and above, by service and cause. */
  readonly upstreamErrors: readonly Named[]
  /** Changes of keys, clients and the gatekeeper itself. */
  readonly acts: readonly Named[]
  /** Records that the audit reports as lost. */
  readonly lost: number
}

export type SuspiciousAddress = {
  readonly address: string
  readonly requests: number
  readonly refused: number
  readonly why: readonly ('refused' | 'many requests')[]
}

/** How often a security event came from an address. */
export type AddressEvent = {
  readonly event: string
  readonly address: string
  readonly count: number
}

/** A known key that was used from a new address. */
export type NewAddress = {
  readonly key: string
  readonly address: string
  readonly firstAt: string
}

export type Tally = {
  /** Adds a record; records before the window only show the usual addresses. */
  readonly add: (record: AuditRecord) => void
  readonly result: () => TallyResult
  /** Principals that had a request in the window. */
  readonly hasUsed: (principal: string) => boolean
}

const addressesMax = 1_000
/** The most entries of a list in the report. */
export const lengthShown = 50

type State = ReturnType<typeof createState>

export function createTally(sinceAt: number): Tally {
  const since = new Date(sinceAt).toISOString()
  const state = createState()
  return {
    add: (record) => {
      if (record.at < since) return remember(record, state)
      if (record['event'] === 'request') addRequest(record, state)
      else addEvent(record, state)
    },
    hasUsed: (principal) => state.used.has(principal),
    result: () => toResult(state),
  }
}

function createState() {
  return {
    outcomes: { allowed: 0, refused: 0, failed: 0 },
    hours: new Map<string, { allowed: number; refused: number }>(),
    ...{ reasons: new Counts(), services: new Counts(), users: new Counts(), models: new Counts() },
    ...{ requests: new Counts(), refused: new Counts(), errors: new Counts(), acts: new Counts() },
    /** By event and address, with a blank between. */
    events: new Counts(),
    bursts: new Bursts(),
    /** Address groups that a principal was seen from before the window. */
    usual: new Map<string, Set<string>>(),
    fresh: new Map<string, NewAddress>(),
    used: new Set<string>(),
    lost: 0,
  }
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

function remember(record: AuditRecord, { usual }: State): void {
  const principal = textOf(record['principal'])
  const address = textOf(record['clientAddress'])
  if (principal === null || address === null || record['outcome'] !== 'allow') return
  const known = usual.get(principal) ?? new Set()
  usual.set(principal, known)
  if (known.size < addressesMax) known.add(groupAddress(address))
}

function addRequest(record: AuditRecord, state: State): void {
  const { outcome, at } = record
  const address = textOf(record['clientAddress'])
  const isRefused = outcome === 'deny' || isRefusedByOwn(record)
  const kind = isRefused ? 'refused' : outcome === 'fail' ? 'failed' : 'allowed'
  state.outcomes[kind]++
  addHour(at, kind === 'refused' ? 'refused' : 'allowed', 1, state)
  const reason = textOf(record['reason']) ?? `HTTP ${record['status']} of oauth`
  if (kind !== 'allowed') state.reasons.add(reason)
  state.services.add(textOf(record['service']) ?? '(none)')
  if (address !== null) {
    const group = groupAddress(address)
    state.requests.add(group)
    if (kind === 'refused') state.refused.add(group)
    const event = eventOfRefusal(textOf(record['reason']), textOf(record['service']))
    if (event !== null) state.events.add(`${event} ${group}`)
  }
  addCaller(record, address, state)
  addUpstreamError(record, state)
}

/**
 * Every caller is admitted to `/oauth/token`; a caller without a valid client is refused there.
 */
function isRefusedByOwn({ service, status }: AuditRecord): boolean {
  return service === 'oauth' && typeof status === 'number' && status >= 400
}

function addCaller(record: AuditRecord, address: string | null, state: State): void {
  const principal = textOf(record['principal'])
  const isNamed = principal !== null && principal !== 'anonymous'
  const who = isNamed ? principal : address
  if (who !== null) state.bursts.add(who, record.at)
  if (!isNamed) return
  state.used.add(principal)
  state.users.add(textOf(record['user']) ?? '(none)')
  const model = textOf(record['model'])
  if (model !== null) state.models.add(model)
  if (address !== null && record['outcome'] === 'allow')
    compareAddress(principal, address, record, state)
}

/** A key without earlier use is new, and every address of it is a first one. */
function compareAddress(key: string, address: string, { at }: AuditRecord, state: State): void {
  const group = groupAddress(address)
  const usual = state.usual.get(key)
  const name = `${key} ${group}`
  if (usual === undefined || usual.has(group) || state.fresh.has(name)) return
  state.fresh.set(name, { key, address, firstAt: at })
}

function addUpstreamError(record: AuditRecord, { errors }: State): void {
  const status = record['upstreamStatus']
  const isFailed = record['outcome'] === 'fail'
  if (!isFailed && !(typeof status === 'number' && status >= 500)) return
  const what = isFailed ? (textOf(record['cause']) ?? textOf(record['reason'])) : `HTTP ${status}`
  errors.add(`${textOf(record['service']) ?? '(none)'}: ${what ?? 'failed'}`)
}

function addEvent(record: AuditRecord, state: State): void {
  const { event, count, addressGroup } = record
  if (event === 'denials' && typeof count === 'number') {
    state.outcomes.refused += count
    state.reasons.add(textOf(record['reason']) ?? '(none)', count)
    state.refused.add(textOf(addressGroup) ?? '(none)', count)
    state.requests.add(textOf(addressGroup) ?? '(none)', count)
    const found = eventOfRefusal(textOf(record['reason']), null)
    if (found !== null) state.events.add(`${found} ${textOf(addressGroup) ?? '(none)'}`, count)
    return addHour(textOf(record['minute']) ?? record.at, 'refused', count, state)
  }
  if (event === 'audit.lost' && typeof record['records'] === 'number')
    state.lost += record['records']
  state.acts.add(String(event))
}

function addHour(at: string, kind: 'allowed' | 'refused', count: number, { hours }: State): void {
  const hour = at.slice(0, 13)
  const counted = hours.get(hour) ?? { allowed: 0, refused: 0 }
  counted[kind] += count
  hours.set(hour, counted)
}

function toResult(state: State): TallyResult {
  return {
    requests: state.outcomes,
    hours: [...state.hours]
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([hour, counted]) => ({ hour: `${hour}:00:00.000Z`, ...counted })),
    reasons: state.reasons.largest(lengthShown),
    services: state.services.largest(lengthShown),
    refusedAddresses: state.refused.largest(lengthShown),
    suspicious: findSuspicious(state),
    bursts: state.bursts.list().slice(0, lengthShown),
    newAddresses: [...state.fresh.values()].slice(0, lengthShown),
    securityEvents: state.events.largest(lengthShown).map(({ name, count }) => {
      const [event = '', ...address] = name.split(' ')
      return { event, address: address.join(' '), count }
    }),
    users: state.users.largest(lengthShown),
    models: state.models.largest(lengthShown),
    upstreamErrors: state.errors.largest(lengthShown),
    acts: state.acts.largest(lengthShown),
    lost: state.lost,
  }
}

function findSuspicious({ requests, refused }: State): SuspiciousAddress[] {
  return requests
    .largest()
    .map(({ name, count }) => {
      const no = refused.of(name)
      const why: SuspiciousAddress['why'] = [
        ...(no >= refusedMin ? (['refused'] as const) : []),
        ...(count >= requestsMin ? (['many requests'] as const) : []),
      ]
      return { address: name, requests: count, refused: no, why }
    })
    .filter(({ why }) => why.length > 0)
    .sort((one, other) => other.refused - one.refused || other.requests - one.requests)
    .slice(0, lengthShown)
}
