/** Finds, counts and orders keys for lists. Pure: a pass over 100,000 keys takes some hundredths of a second. */
import type { KeyRecord } from '../../api-keys/key-record.ts'
import { hasTag } from '../../api-keys/key-tag.ts'
import type { KeySnapshot } from './key-index.ts'
import { stateOf } from './key-view.ts'

/** The members by which keys can be ordered. */
export const keySorts = ['user', 'id', 'role', 'createdAt', 'expiresAt', 'lastUsedAt'] as const
export type KeySort = (typeof keySorts)[number]

/** What a list may be narrowed to. A key may be in several. */
export const keyStates = [
  'active',
  'expiring',
  'unused',
  'disabled',
  'expired',
  'rotating',
] as const
export type ListedKeyState = (typeof keyStates)[number]

/** Where a page ended: the value by which its last key was ordered, and that key's id. */
export type KeyPlace = { readonly value: string | number; readonly id: string }

/** Criteria; null excludes nothing. */
export type KeyListQuestion = {
  /** Whether the key may be in the list at all. */
  readonly isSeen: (key: KeyRecord) => boolean
  readonly team: string | null
  readonly user: string | null
  readonly service: string | null
  /** `env=prod`, or `env` with any value. */
  readonly tag: string | null
  /** A part of the user, id, description, a tag or a service, in any case. */
  readonly text: string | null
  readonly state: ListedKeyState | null
  readonly sort: KeySort
  readonly isDescending: boolean
  readonly after: KeyPlace | null
  readonly limit: number
}

export type KeyList = {
  readonly keys: readonly KeyRecord[]
  readonly next: KeyPlace | null
  /** How many keys meet all criteria. */
  readonly total: number
  /** How many keys in each state meet all other criteria. */
  readonly counts: Readonly<Record<ListedKeyState | 'all', number>>
}

export type KeyListDeps = {
  readonly now: number
  readonly lastUsedAt: ReadonlyMap<string, number>
  /** Whether last uses are known; without them no key counts as unused. */
  readonly isUseKnown: boolean
}

const dayMs = 86_400_000
/** A key that ends within this time is `expiring`. */
export const expiringMs = 14 * dayMs
/** A key neither made nor used within this time is `unused`. */
export const unusedMs = 90 * dayMs

/** Returns the states of a key, for lists. */
export function listedStatesOf(key: KeyRecord, deps: KeyListDeps): readonly ListedKeyState[] {
  const { now, lastUsedAt, isUseKnown } = deps
  const state = stateOf(key, now)
  if (state === 'disabled' || state === 'expired') return [state]
  const states: ListedKeyState[] = ['active']
  if (state === 'rotating') states.push('rotating')
  if (key.expiresAt !== null && key.expiresAt - now < expiringMs) states.push('expiring')
  const lastAt = Math.max(lastUsedAt.get(key.id) ?? 0, key.createdAt ?? 0)
  if (isUseKnown && now - lastAt >= unusedMs) states.push('unused')
  return states
}

/** Returns a page of the keys that meet the criteria. */
export function listKeys(
  snapshot: KeySnapshot,
  question: KeyListQuestion,
  deps: KeyListDeps,
): KeyList {
  const { sort, isDescending, after, limit, state } = question
  const ordered = orderOf(snapshot, sort, deps.lastUsedAt)
  const start = after === null ? 0 : countUpTo(ordered, after, isDescending)
  const counts = { all: 0, active: 0, expiring: 0, unused: 0, disabled: 0, expired: 0, rotating: 0 }
  const page: Ordered[] = []
  let total = 0
  const meets = createFilter(snapshot, question)
  const isListed = (key: KeyRecord) => {
    if (!meets(key)) return false
    const states = listedStatesOf(key, deps)
    counts.all++
    for (const one of states) counts[one]++
    return state === null || states.includes(state)
  }
  for (let step = 0; step < ordered.length; step++) {
    const entry = ordered[isDescending ? ordered.length - 1 - step : step] as Ordered
    if (!isListed(entry.key)) continue
    total++
    if (step >= start && page.length <= limit) page.push(entry)
  }
  return { ...cut(page, limit), total, counts }
}

/** A page is read with one key more than it shows, which says whether there is another page. */
function cut(page: readonly Ordered[], limit: number): Pick<KeyList, 'keys' | 'next'> {
  const shown = page.slice(0, limit)
  const last = page.length > limit ? shown.at(-1) : undefined
  const next = last === undefined ? null : { value: last.value, id: last.key.id }
  return { keys: shown.map(({ key }) => key), next }
}

function createFilter(
  snapshot: KeySnapshot,
  { isSeen, team, user, service, tag, text }: KeyListQuestion,
): (key: KeyRecord) => boolean {
  const wanted = text?.trim().toLowerCase() ?? ''
  const texts = wanted === '' ? null : textsOf(snapshot)
  return (key) =>
    isSeen(key) &&
    (team === null || key.team === team) &&
    (user === null || key.user === user) &&
    (service === null || key.services.includes(service)) &&
    (tag === null || hasTag(key.tags, tag)) &&
    (texts === null || texts.get(key)?.includes(wanted) === true)
}

const keptTexts = new WeakMap<KeySnapshot, ReadonlyMap<KeyRecord, string>>()

/** Made once for a snapshot: lower-casing all keys takes longer than searching them. */
function textsOf(snapshot: KeySnapshot): ReadonlyMap<KeyRecord, string> {
  const kept = keptTexts.get(snapshot)
  if (kept !== undefined) return kept
  const texts = new Map(
    snapshot.keys.map((key) => {
      const { user, id, description, tags, services } = key
      const words = [user, `gk_${id}`, description ?? '', ...tags, ...services]
      return [key, words.join('\n').toLowerCase()] as const
    }),
  )
  keptTexts.set(snapshot, texts)
  return texts
}

type Ordered = { readonly value: string | number; readonly key: KeyRecord }

type Orders = Map<KeySort, { readonly uses: object | null; readonly order: readonly Ordered[] }>

const keptOrders = new WeakMap<KeySnapshot, Orders>()

/** Ascending, sorted once for a snapshot and for what was read of last uses. */
function orderOf(
  snapshot: KeySnapshot,
  sort: KeySort,
  lastUsedAt: KeyListDeps['lastUsedAt'],
): readonly Ordered[] {
  const orders: Orders = keptOrders.get(snapshot) ?? new Map()
  keptOrders.set(snapshot, orders)
  const uses = sort === 'lastUsedAt' ? lastUsedAt : null
  const kept = orders.get(sort)
  if (kept?.uses === uses) return kept.order
  const order = snapshot.keys.map((key) => ({ value: sortValueOf(key, sort, lastUsedAt), key }))
  order.sort((one, other) => compare(one.value, other.value) || compare(one.key.id, other.key.id))
  orders.set(sort, { uses, order })
  return order
}

/** A key that never ends is after all others, and one that was never used before them. */
function sortValueOf(
  key: KeyRecord,
  sort: KeySort,
  lastUsedAt: KeyListDeps['lastUsedAt'],
): string | number {
  switch (sort) {
    case 'user':
      return key.user.toLowerCase()
    case 'id':
    case 'role':
      return key[sort]
    case 'createdAt':
      return key.createdAt ?? 0
    case 'expiresAt':
      return key.expiresAt ?? Number.MAX_SAFE_INTEGER
    case 'lastUsedAt':
      return lastUsedAt.get(key.id) ?? 0
    default:
      return sort satisfies never
  }
}

function compare(one: string | number, other: string | number): number {
  if (one === other) return 0
  return one < other ? -1 : 1
}

/** Returns how many entries in the direction of the list are not after a place. */
function countUpTo(
  ordered: readonly Ordered[],
  { value, id }: KeyPlace,
  isDescending: boolean,
): number {
  let low = 0
  let high = ordered.length
  while (low < high) {
    const middle = (low + high) >> 1
    const entry = ordered[middle] as Ordered
    const order = compare(entry.value, value) || compare(entry.key.id, id)
    if (isDescending ? order < 0 : order <= 0) low = middle + 1
    else high = middle
  }
  return isDescending ? ordered.length - low : low
}
