/** Changes `split-keys.json`. Rows come sealed: nothing in this process can open them. */
import type { z } from 'zod'
import type { Clock } from '../../lib/clock.ts'
import { readText } from '../../lib/files/change-file.ts'
import { formatInstant } from '../../lib/instant.ts'
import {
  type NewSplitKey,
  newSplitKey,
  parseSplitKeyFile,
  type SplitKeyRow,
  splitKeyName,
} from '../../vault/split-key-file.ts'
import type { RewrappedSplitKey } from '../../vault/split-keys.ts'
import { changeDocument } from '../change-document.ts'

/** The content of `split-keys.json`. Instants are ISO 8601. */
type SplitKeyDocument = { version: 1; splitKeys: Entry[] }
type Entry = Omit<SplitKeyRow, 'createdAt'> & { createdAt: string }

/** The schema of a row that the gatekeeper sealed. */
export const sealedSplitKey: z.ZodType<NewSplitKey> = newSplitKey

/** A split key as the document has it; `createdAt` is in epoch milliseconds. */
export type StoredSplitKey = SplitKeyRow

/** The most split keys of one user. */
export const splitKeysMax = 50

/** A pending change of a split key, or of how many are sealed. */
export type SplitKeyAct =
  | {
      readonly event: 'split_key.created' | 'split_key.rotated' | 'split_key.removed'
      readonly splitKey: string
      readonly user: string
    }
  | { readonly event: 'split_key.rewrapped'; readonly count: number }

export type SplitKeyDeps = {
  readonly clock: Clock
  /** Records a pending change; if it rejects, the change is not made. */
  readonly record: (acts: readonly (SplitKeyAct & { success?: false })[]) => Promise<void>
}

/** Why a change was not made: the id is taken or unknown, or the user has too many keys. */
export class SplitKeyError extends Error {
  override readonly name = 'SplitKeyError'
  readonly why: 'taken' | 'too-many' | 'unknown' | 'changed'

  constructor(why: SplitKeyError['why']) {
    super(why)
    this.why = why
  }
}

/** Adds a sealed row of a user. Rejects with a SplitKeyError. */
export async function addSplitKey(
  file: string,
  owner: string,
  wanted: NewSplitKey,
  deps: SplitKeyDeps,
): Promise<SplitKeyRow> {
  const act = { event: 'split_key.created', splitKey: wanted.id, user: owner } as const
  const entry = toEntry(owner, wanted, formatInstant(deps.clock()))
  await change(file, { act, ...deps }, ({ splitKeys }) => {
    if (splitKeys.some((one) => isAt(one, entry))) throw new SplitKeyError('taken')
    const own = splitKeys.filter((one) => one.owner === owner)
    if (own.length >= splitKeysMax) throw new SplitKeyError('too-many')
    splitKeys.push(entry)
  })
  return toRow(entry)
}

/** Replaces a row by one of the next version. Rejects with a SplitKeyError. */
export async function rotateSplitKey(
  file: string,
  owner: string,
  wanted: NewSplitKey,
  deps: SplitKeyDeps,
): Promise<SplitKeyRow> {
  const act = { event: 'split_key.rotated', splitKey: wanted.id, user: owner } as const
  const entry = await change(file, { act, ...deps }, ({ splitKeys }) => {
    const index = splitKeys.findIndex((one) => isAt(one, { owner, id: wanted.id }))
    const before = splitKeys[index]
    if (before === undefined) throw new SplitKeyError('unknown')
    // Of two rotations at a time, only one gives its client a part that is good.
    if (wanted.version !== before.version + 1) throw new SplitKeyError('changed')
    const next = toEntry(owner, wanted, before.createdAt)
    splitKeys[index] = next
    return next
  })
  return toRow(entry)
}

/** Rejects with a SplitKeyError if there is none, or it is not meant. */
export async function removeSplitKey(
  file: string,
  place: Place,
  deps: SplitKeyDeps & { readonly isMeant?: (row: Pick<SplitKeyRow, 'team'>) => boolean },
): Promise<void> {
  const act = { event: 'split_key.removed', splitKey: place.id, user: place.owner } as const
  await change(file, { act, ...deps }, (document) => {
    const found = document.splitKeys.find((one) => isAt(one, place))
    if (found !== undefined && deps.isMeant?.(found) === false) throw new SplitKeyError('unknown')
    const rest = document.splitKeys.filter((one) => !isAt(one, place))
    if (rest.length === document.splitKeys.length) throw new SplitKeyError('unknown')
    document.splitKeys = rest
  })
}

/** Writes shares that were sealed again. Resolves with the ids of rows that have changed meanwhile. */
export async function writeRewrappedShares(
  file: string,
  rows: readonly RewrappedSplitKey[],
  deps: Pick<SplitKeyDeps, 'record'>,
): Promise<readonly string[]> {
  if (rows.length === 0) return []
  const act = { event: 'split_key.rewrapped', count: rows.length } as const
  const byName = new Map(rows.map((row) => [splitKeyName(row), row]))
  return await change(file, { act, ...deps }, ({ splitKeys }) => {
    const fitting = splitKeys.filter(
      (entry) => byName.get(splitKeyName(entry))?.before === entry.share,
    )
    for (const entry of fitting) {
      const { kid, share } = byName.get(splitKeyName(entry)) as RewrappedSplitKey
      Object.assign(entry, { kid, share })
    }
    const written = new Set(fitting.map(splitKeyName))
    return rows.filter((row) => !written.has(splitKeyName(row))).map(({ id }) => id)
  })
}

/** Returns every row of the file. Rejects with a ProblemsError if it is invalid. */
export async function readSplitKeys(file: string): Promise<readonly SplitKeyRow[]> {
  const text = await readText(file)
  return text === null ? [] : Object.values(parseSplitKeyFile(text, file))
}

type Place = Pick<SplitKeyRow, 'owner' | 'id'>

const isAt = (entry: Place, { owner, id }: Place) => entry.owner === owner && entry.id === id

function toEntry(owner: string, wanted: NewSplitKey, createdAt: string): Entry {
  return Object.assign({ mode: 'split' as const, owner, createdAt }, wanted)
}

function toRow(entry: Entry): SplitKeyRow {
  return Object.assign({}, entry, { createdAt: Date.parse(entry.createdAt) })
}

async function change<Result>(
  path: string,
  { act, record }: Pick<SplitKeyDeps, 'record'> & { readonly act: SplitKeyAct },
  edit: (document: SplitKeyDocument) => Result,
): Promise<Result> {
  const parse = (text: string | null): SplitKeyDocument => {
    if (text === null) return { version: 1, splitKeys: [] }
    parseSplitKeyFile(text, path)
    return JSON.parse(text) as SplitKeyDocument
  }
  const recordAct = () => ({
    record: () => record([act]),
    recordUnwritten: () => record([{ ...act, success: false }]),
  })
  return await changeDocument({ path, parse, record: recordAct }, edit)
}
