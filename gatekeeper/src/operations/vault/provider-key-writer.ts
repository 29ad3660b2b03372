/** Changes `providers.json`. Keys are sealed here; nothing in this process can open them. */
import { randomBytes } from 'node:crypto'
import type { Clock } from '../../lib/clock.ts'
import { readText } from '../../lib/files/change-file.ts'
import { formatInstant } from '../../lib/instant.ts'
import { maskKey } from '../../vault/mask.ts'
import {
  type ProviderRow,
  type ProviderRows,
  parseProviderFile,
  placeOfProvider,
} from '../../vault/provider-file.ts'
import { type Recipient, readRecipient } from '../../vault/ring.ts'
import { type HeldBox, holdKey } from '../../vault/sealed-key.ts'
import { changeDocument } from '../change-document.ts'

/** The content of `providers.json`. Instants are ISO 8601. */
type ProviderDocument = { version: 1; providers: Record<string, Entry> }
type Entry = Omit<ProviderRow, 'createdAt'> & { createdAt: string }

/** A pending change of a provider's key; never contains the key. */
export type ProviderKeyAct = {
  readonly event: 'provider_key.set' | 'provider_key.removed' | 'provider_key.rewrapped'
  readonly provider: string
  readonly kid?: string
  /** The team of the key, if it has one. */
  readonly team?: string
}

export type ProviderKeyDeps = {
  readonly clock: Clock
  /** Records a pending change; if it rejects, the change is not made. */
  readonly record: (acts: readonly (ProviderKeyAct & { success?: false })[]) => Promise<void>
  /** Called under the lock with the row before a change; nothing is changed if it throws. */
  readonly judge?: (row: { readonly team: string | null } | null) => void
}

/** There is no key of this provider in the vault. */
export class UnknownProviderKeyError extends Error {
  override readonly name = 'UnknownProviderKeyError'
}

export type NewProviderKey = {
  readonly name: string
  readonly key: string
  /** The configured address, to which alone the key may go. */
  readonly origin: string
  /** The team that it is sealed for; left out, that of the row in its place. */
  readonly team?: string | null
}

/** Returns the public half that the gatekeeper stated; null for a text that is not one. */
export function readRecipientText(text: string): Recipient | null {
  return readRecipient(text)
}

/** Returns the public half in the state folder; null if the gatekeeper has written none yet. */
export async function readRecipientFile(path: string): Promise<Recipient | null> {
  const text = await readText(path)
  return text === null ? null : readRecipient(text)
}

/** Seals a provider's key and writes its row, in place of an older one. Returns the row. */
export async function setProviderKey(
  file: string,
  { name, key, origin, team, recipient }: NewProviderKey & { readonly recipient: Recipient },
  deps: ProviderKeyDeps,
): Promise<Entry> {
  const act = { event: 'provider_key.set', provider: name, kid: recipient.kid } as const
  return await change(file, [act], deps, ({ providers }) => {
    const before = Object.hasOwn(providers, name) ? providers[name] : undefined
    deps.judge?.(before ?? null)
    const ofTeam = team === undefined ? (before?.team ?? null) : team
    const members = { team: ofTeam, version: (before?.version ?? 0) + 1 }
    const place = placeOfProvider(name, members, origin)
    const row: Entry = {
      ...{ mode: 'held', provider: name, origin, ...members },
      ...holdKey(key, place, recipient, randomBytes),
      mask: maskKey(key),
      createdAt: formatInstant(deps.clock()),
    }
    providers[name] = row
    return row
  })
}

export async function removeProviderKey(
  file: string,
  name: string,
  deps: ProviderKeyDeps,
): Promise<void> {
  const act = { event: 'provider_key.removed', provider: name } as const
  await change(file, [act], deps, ({ providers }) => {
    if (!Object.hasOwn(providers, name))
      throw new UnknownProviderKeyError(`the vault has no key of ${name}`)
    deps.judge?.(providers[name] ?? null)
    delete providers[name]
  })
}

/** A row as the gatekeeper sealed it again; `before` is the box that it had. */
export type Rewrapped = HeldBox & { readonly id: string; readonly before: string }

/** Writes rows that were sealed again. Returns the names of those that have changed meanwhile. */
export async function writeRewrapped(
  file: string,
  rows: readonly Rewrapped[],
  deps: ProviderKeyDeps,
): Promise<readonly string[]> {
  const acts = rows.map(({ id, kid }) => {
    return { event: 'provider_key.rewrapped', provider: id, kid } as const
  })
  if (rows.length === 0) return []
  return await change(file, acts, deps, ({ providers }) =>
    rows.flatMap(({ id, before, kid, box }) => {
      const row = Object.hasOwn(providers, id) ? providers[id] : undefined
      if (row?.box !== before) return [id]
      providers[id] = { ...row, kid, box }
      return []
    }),
  )
}

/** Returns every row of the file. Rejects with a ProblemsError if it is invalid. */
export async function readProviderKeys(file: string): Promise<ProviderRows> {
  const text = await readText(file)
  return text === null ? {} : parseProviderFile(text, file)
}

async function change<Result>(
  path: string,
  acts: readonly ProviderKeyAct[],
  { record }: ProviderKeyDeps,
  edit: (document: ProviderDocument) => Result,
): Promise<Result> {
  const parse = (text: string | null): ProviderDocument => {
    if (text === null) return { version: 1, providers: {} }
    parseProviderFile(text, path)
    return JSON.parse(text) as ProviderDocument
  }
  const recordActs = () => ({
    record: () => record(acts),
    recordUnwritten: () => record(acts.map((act) => ({ ...act, success: false as const }))),
  })
  return await changeDocument({ path, parse, record: recordActs }, edit)
}
