/**
 * Changes `keys.json`. Keys are created here and shown once by the caller; only their hash is
 * stored. Must never write a key, nor a file that the service would refuse.
 */

import { createApiKey, hashKey, isKeyId, type RandomBytes } from '../../api-keys/api-key.ts'
import type { Clock } from '../../lib/clock.ts'
import { formatInstant } from '../../lib/instant.ts'
import type { KnownServices } from '../../model/known-services.ts'
import type { Limit } from '../../model/limit.ts'
import type { Role } from '../../model/principal.ts'
import { createSecretEntry, rotateSecrets, type SecretEntry } from '../change-document.ts'
import type { RecordKeyActs } from './key-act.ts'
import { changeKeys } from './key-document.ts'
import type { KeyDocument, KeyEntry } from './key-entry.ts'

export type KeyWriterDeps = {
  readonly clock: Clock
  readonly known: KnownServices
  /** Records a pending change; if it rejects, the change is not made. */
  readonly record?: RecordKeyActs
  readonly random?: RandomBytes
  /**
   * Called under the lock with the document before the change. Nothing is changed if it throws, so
   * what it judges cannot change between its judgement and the write.
   */
  readonly judge?: (document: KeyDocument) => void
}

/** The properties of a key. `expiresAt` is in epoch milliseconds, null is never. */
export type KeyMembers = {
  readonly user: string
  readonly role: Role
  readonly services: readonly string[]
  readonly expiresAt: number | null
  readonly addresses?: readonly string[]
  readonly origins?: readonly string[]
  readonly models?: readonly string[]
  readonly limits?: readonly Limit[]
  readonly cloudModels?: boolean
  readonly caps?: Readonly<Record<string, number>>
  readonly weight?: number
  /** An empty text means no description. */
  readonly description?: string
  readonly tags?: readonly string[]
  /** Why the key never ends; dropped when it gets an end. */
  readonly noExpiryReason?: string
  /** The name of its team; null takes it out of one. */
  readonly team?: string | null
}

/** A key to add. Without an id of ten characters (`0-9a-z`) it gets a random one. */
export type NewKey = KeyMembers & {
  readonly id?: string
  /** The id of the person who makes it; left out on the command line. */
  readonly madeBy?: string
}

/** The changes of a key; missing members stay, and null takes a member back. */
export type KeyChange = Partial<Omit<KeyMembers, 'cloudModels' | 'weight'>> & {
  readonly disabled?: boolean
  readonly cloudModels?: boolean | null
  readonly weight?: number | null
}

/** A new key. It is stored nowhere else: show it once. */
export type MadeKey = { readonly id: string; readonly key: string }

/** No key has the id. */
export class UnknownKeyError extends Error {
  override readonly name = 'UnknownKeyError'
}

/** A key with this id already exists. */
export class TakenKeyIdError extends Error {
  override readonly name = 'TakenKeyIdError'
}

/**
 * Creates a key and adds it to the file, which need not exist yet. Rejects with a TakenKeyIdError if
 * the wanted id is in use.
 */
export async function addKey(
  file: string,
  { id, ...wanted }: NewKey,
  deps: KeyWriterDeps,
): Promise<MadeKey> {
  return await change(file, deps, (document) => {
    const made =
      id === undefined ? createFreshKey(document, deps) : createOwnKey(document, id, deps)
    const { user, role, services, madeBy, ...others } = wanted
    const entry: KeyEntry = {
      ...{ user, role, services, secrets: [createSecret(made.key, deps)] },
      ...(madeBy !== undefined && { madeBy }),
      createdAt: formatInstant(deps.clock()),
      ...{ expiresAt: null, disabled: false, addresses: [], origins: [], models: [], limits: [] },
    }
    applyChange(entry, others)
    document.keys[made.id] = entry
    return made
  })
}

/**
 * Gives a key a new secret under its id. The newest old one works for `overlapMs`; with 0 it stops
 * at once. Keys without our form have no id for a new one.
 */
export async function rotateKey(
  file: string,
  rotation: { readonly id: string; readonly overlapMs: number },
  deps: KeyWriterDeps,
): Promise<MadeKey> {
  return await change(file, deps, (document) => {
    const entry = findEntry(document, rotation.id)
    if (!isKeyId(rotation.id)) {
      throw new UnknownKeyError(
        `${rotation.id} is an imported key: add a new key and remove this one`,
      )
    }
    const made = createApiKey(deps.random, rotation.id)
    const { overlapMs } = rotation
    const next = createSecret(made.key, deps)
    entry.secrets = rotateSecrets(entry.secrets, next, { now: deps.clock(), overlapMs })
    return made
  })
}

/** Changes the properties of a key; its secret stays. */
export async function editKey(
  file: string,
  edited: { readonly id: string; readonly change: KeyChange },
  deps: KeyWriterDeps,
): Promise<void> {
  await change(file, deps, (document) => applyChange(findEntry(document, edited.id), edited.change))
}

/** Writes the members of a change into an entry of the file, in the file's own form. */
function applyChange(entry: KeyEntry, change: KeyChange): void {
  const { limits, expiresAt, description, team, cloudModels: _, weight: __, ...others } = change
  Object.assign(entry, others)
  setOrDelete(entry, change)
  if (team === null) delete entry.team
  else if (team !== undefined) entry.team = team
  if (limits !== undefined) entry.limits = textsOf(limits)
  if (expiresAt !== undefined)
    entry.expiresAt = expiresAt === null ? null : formatInstant(expiresAt)
  // A reason that outlives what it explains would be taken for one of the next change.
  if (typeof expiresAt === 'number') delete entry.noExpiryReason
  if (description === '') delete entry.description
  else if (description !== undefined) entry.description = description
}

/** An entry has these members only if they differ from what its role says. */
function setOrDelete(entry: KeyEntry, { cloudModels, weight }: KeyChange): void {
  if (cloudModels === null) delete entry.cloudModels
  else if (cloudModels !== undefined) entry.cloudModels = cloudModels
  if (weight === null) delete entry.weight
  else if (weight !== undefined) entry.weight = weight
}

const textsOf = (limits: readonly Limit[]) => limits.map(({ text }) => text)

export async function setDisabled(
  file: string,
  { id, disabled }: { readonly id: string; readonly disabled: boolean },
  deps: KeyWriterDeps,
): Promise<void> {
  await change(file, deps, (document) => {
    findEntry(document, id).disabled = disabled
  })
}

/** Disables those of the keys that exist and are meant, in one change. Returns their ids. */
export async function disableKeys(
  file: string,
  {
    ids,
    isMeant,
  }: { readonly ids: readonly string[]; readonly isMeant: (key: KeyEntry) => boolean },
  deps: KeyWriterDeps,
): Promise<readonly string[]> {
  return await change(file, deps, ({ keys }) => {
    const found = ids.filter((id) => Object.hasOwn(keys, id) && isMeant(keys[id] as KeyEntry))
    for (const id of found) (keys[id] as KeyEntry).disabled = true
    return found
  })
}

export async function removeKey(file: string, id: string, deps: KeyWriterDeps): Promise<void> {
  await change(file, deps, (document) => {
    findEntry(document, id)
    delete document.keys[id]
  })
}

async function change<Result>(
  file: string,
  { known, record, judge }: KeyWriterDeps,
  edit: (document: KeyDocument) => Result,
): Promise<Result> {
  const judged = (document: KeyDocument) => {
    judge?.(document)
    return edit(document)
  }
  return await changeKeys(file, known, judged, record)
}

function findEntry(document: KeyDocument, id: string): KeyEntry {
  const entry = Object.hasOwn(document.keys, id) ? document.keys[id] : undefined
  if (entry === undefined) throw new UnknownKeyError(`there is no key with this id`)
  return entry
}

function createFreshKey(document: KeyDocument, deps: KeyWriterDeps): MadeKey {
  for (;;) {
    const made = createApiKey(deps.random)
    if (!Object.hasOwn(document.keys, made.id)) return made
  }
}

function createOwnKey(document: KeyDocument, id: string, { random }: KeyWriterDeps): MadeKey {
  if (Object.hasOwn(document.keys, id)) throw new TakenKeyIdError('a key with this id exists')
  return createApiKey(random, id)
}

function createSecret(key: string, { clock }: KeyWriterDeps): SecretEntry {
  return createSecretEntry(hashKey(key), clock())
}
