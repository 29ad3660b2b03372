/**
 * The split keys in use. Nothing opens before a client shows its part: not even the gatekeeper has a
 * key of these rows.
 */
import { randomBytes } from 'node:crypto'
import type { RandomBytes } from './envelope.ts'
import type { Ring } from './ring.ts'
import { joinKey, opensShare, rewrapSplitKey, type SplitBox, splitKey } from './sealed-key.ts'
import {
  type NewSplitKey,
  placeOfSplitKey,
  type SplitKeyRow,
  type SplitKeyRows,
  splitKeyName,
} from './split-key-file.ts'

/** What a client shows: the id of its key, and its part. */
export type ShownPart = { readonly owner: string; readonly id: string; readonly clientPart: string }

/** A key that a user brings. */
export type BroughtKey = {
  readonly id: string
  readonly owner: string
  /** The team of the owner's app; null if it is of none. */
  readonly team?: string | null
  readonly provider: string
  readonly description: string | null
  readonly key: string
}

/** A new row for the writer, and the part that only the client gets. */
export type Split = { readonly row: NewSplitKey; readonly clientPart: string }

export type SplitKeys = {
  readonly find: (owner: string, id: string) => SplitKeyRow | null
  /** Whether any owner has a key of this id. */
  readonly isId: (id: string) => boolean
  /** Returns a key for its own provider; null for a wrong part, and wherever it does not belong. */
  readonly join: (shown: ShownPart, provider: string) => JoinedKey | null
  /** Splits a key; null if the vault has no key to seal with, or the provider does not exist. */
  readonly split: (brought: BroughtKey) => Split | null
  /** Splits the same key again, with a new data key; null as `join` and `split`. */
  readonly rotate: (shown: ShownPart) => Split | null
  /** Returns how many rows are sealed to each vault key, and how many of them do not open. */
  readonly count: () => readonly CountedRows[]
  /** Returns the rows that are not sealed to the newest key, sealed to it. */
  readonly rewrap: () => readonly RewrappedSplitKey[]
}

export type CountedRows = { readonly kid: string; readonly rows: number; readonly faulty: number }

/** `before` is the share that the row must still have when it is replaced. */
export type RewrappedSplitKey = Pick<SplitBox, 'kid' | 'share'> &
  Pick<SplitKeyRow, 'id' | 'owner'> & { readonly before: string }

export type JoinedKey = {
  readonly key: string
  /** Whether the row was not removed or replaced meanwhile; sealing it again changes nothing. */
  readonly isStanding: () => boolean
}

export type SplitKeysDeps = {
  readonly rows: () => SplitKeyRows
  readonly ring: () => Ring | null
  /** The configured address of a provider: scheme, host and port; null if there is none. */
  readonly originOf: (provider: string) => string | null
  readonly random?: RandomBytes
}

export function createSplitKeys({
  rows,
  ring,
  originOf,
  random = randomBytes,
}: SplitKeysDeps): SplitKeys {
  const ids = createIds()
  const find = (owner: string, id: string) => {
    const [all, name] = [rows(), splitKeyName({ owner, id })]
    return (Object.hasOwn(all, name) && all[name]) || null
  }
  const join = ({ owner, id, clientPart }: ShownPart, provider: string) => {
    const [row, origin, current] = [find(owner, id), originOf(provider), ring()]
    if (row === null || origin === null || current === null) return null
    // The place is that of the request, not what the row says.
    const place = placeOfSplitKey(row, { provider, origin })
    const key = joinKey(row, clientPart, { place, ring: current })
    return key === null ? null : { key, isStanding: () => find(owner, id)?.box === row.box }
  }
  const split = ({ key, description, ...names }: BroughtKey, version = 1): Split | null => {
    const [origin, current] = [originOf(names.provider), ring()]
    if (origin === null || current === null) return null
    const { id, provider, team = null } = names
    const place = { ...names, origin, team, version }
    const { row, clientPart } = splitKey(key, place, current[0], random)
    return { row: { id, provider, origin, team, version, ...row, description }, clientPart }
  }
  return {
    find,
    isId: (id) => ids(rows()).has(id),
    join,
    split: (brought) => split(brought),
    rotate: (shown) => {
      const row = find(shown.owner, shown.id)
      const joined = row && join(shown, row.provider)
      if (row === null || joined === null) return null
      const { key } = joined
      const { id, owner, team, provider, description, version } = row
      return split({ id, owner, team, provider, description, key }, version + 1)
    },
    count: () => countRows(rows(), ring()),
    rewrap: () => rewrapAll(rows(), ring(), random),
  }
}

/** The ids of the rows in use, collected once for each state of the document. */
function createIds(): (rows: SplitKeyRows) => ReadonlySet<string> {
  let collected: { readonly rows: SplitKeyRows; readonly ids: ReadonlySet<string> } | null = null
  return (rows) => {
    if (collected?.rows === rows) return collected.ids
    const ids = new Set(Object.values(rows).map(({ id }) => id))
    collected = { rows, ids }
    return ids
  }
}

function countRows(rows: SplitKeyRows, ring: Ring | null): readonly CountedRows[] {
  const groups = Object.groupBy(Object.values(rows), ({ kid }) => kid)
  return Object.entries(groups).map(([kid, group = []]) => {
    const opens = (row: SplitKeyRow) =>
      ring !== null && opensShare(row, placeOfSplitKey(row, row), ring)
    return { kid, rows: group.length, faulty: group.filter((row) => !opens(row)).length }
  })
}

function rewrapAll(
  rows: SplitKeyRows,
  ring: Ring | null,
  random: RandomBytes,
): readonly RewrappedSplitKey[] {
  if (ring === null) return []
  return Object.values(rows).flatMap((row) => {
    if (row.kid === ring[0].kid) return []
    const again = rewrapSplitKey(row, placeOfSplitKey(row, row), ring, random)
    if (again === null) return []
    const { id, owner, share: before } = row
    return [{ id, owner, before, kid: again.kid, share: again.share }]
  })
}
