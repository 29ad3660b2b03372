import { formatInstant } from '../../../../../gatekeeper/src/lib/instant.ts'
import { formatLimit, type Limit } from '../../../../../gatekeeper/src/model/limit.ts'
import type { Person } from '../../../../../gatekeeper/src/model/person.ts'
import type { Rights } from '../../../../../gatekeeper/src/operations/keys/rights.ts'

export const kinds = ['person', 'key', 'client'] as const

/** What a reviewer looks at first. */
export const marks = ['unused', 'no-expiry', 'admin', 'no-limit', 'expired'] as const
type Mark = (typeof marks)[number]

/** Whoever may call something, or sign in. */
export type Holder = {
  readonly kind: (typeof kinds)[number]
  readonly id: string
  readonly name: string
  readonly role: string
  readonly services: readonly string[]
  readonly limits: readonly string[]
  readonly createdAt: string | null
  readonly expiresAt: string | null
  readonly lastUsedAt: string | null
  readonly isActive: boolean
  readonly marks: readonly Mark[]
}

const unusedMs = 90 * 86_400_000

type Holders = Pick<Rights, 'keys' | 'clients'> & {
  readonly people: readonly Person[]
  /** Epoch ms by the id of a person. */
  readonly signIns: ReadonlyMap<string, number>
}

/** Returns all holders of rights, those with the most marks first. */
export function holdersOf({ keys, clients, people, signIns }: Holders, now: number): Holder[] {
  const all = [
    ...people.map((person) => describePerson(person, signIns.get(person.id) ?? null, now)),
    ...keys.map(({ id, user, ...key }) => describe('key', { id, name: user, ...key }, now)),
    ...clients.map((client) => describe('client', { name: client.id, ...client }, now)),
  ]
  return all.sort(
    (one, other) =>
      Number(other.isActive) - Number(one.isActive) || other.marks.length - one.marks.length,
  )
}

type Given = {
  readonly id: string
  readonly name: string
  readonly role: string
  readonly services: readonly string[]
  readonly limits?: readonly Limit[]
  readonly createdAt?: number | null
  readonly expiresAt: number | null
  readonly lastUsedAt: number | null
  readonly disabled: boolean
}

function describe(kind: 'key' | 'client', given: Given, now: number): Holder {
  const { id, name, role, services, limits = [], createdAt = null, expiresAt, lastUsedAt } = given
  const isExpired = expiresAt !== null && expiresAt <= now
  const isActive = !given.disabled && !isExpired
  const found: readonly (readonly [Mark, boolean])[] = [
    ['admin', role === 'admin'],
    ['no-expiry', expiresAt === null],
    ['unused', Math.max(lastUsedAt ?? 0, createdAt ?? 0) < now - unusedMs],
    ['no-limit', limits.length === 0],
  ]
  const active = isActive ? found.flatMap(([mark, isSo]) => (isSo ? [mark] : [])) : []
  return {
    ...{ kind, id, name, role, services, limits: limits.map(formatLimit), isActive },
    ...{ createdAt: instant(createdAt), expiresAt: instant(expiresAt) },
    lastUsedAt: instant(lastUsedAt),
    marks: isExpired && !given.disabled ? ['expired'] : active,
  }
}

function describePerson(person: Person, signedInAt: number | null, now: number): Holder {
  const { id, name, role, access, disabled, createdAt } = person
  const isUnused = Math.max(signedInAt ?? 0, createdAt ?? 0) < now - unusedMs
  const isMighty = role === 'owner' || role === 'admin'
  return {
    ...{ kind: 'person', id, name, role, services: access?.services ?? [] },
    limits: (access?.limits ?? []).map(formatLimit),
    ...{ createdAt: instant(createdAt), expiresAt: null, lastUsedAt: instant(signedInAt) },
    isActive: !disabled,
    marks: disabled
      ? []
      : [...(isMighty ? ['admin' as const] : []), ...(isUnused ? ['unused' as const] : [])],
  }
}

const instant = (at: number | null) => (at === null ? null : formatInstant(at))
