/**
 * Everything that changes `keys.json`. Keys are made here and shown once by the caller; what is
 * written is their hash. Must never write a key, nor a file that the service would refuse.
 */
import type { Clock } from '../lib/clock.ts'
import { formatInstant } from '../lib/instant.ts'
import type { Limit } from '../policy/limit.ts'
import type { Role } from '../policy/principal.ts'
import { createApiKey, hashKey, isKeyId, type RandomBytes } from './api-key.ts'
import type { RecordKeyActs } from './key-act.ts'
import { changeKeys, type KeyDocument, type KeyEntry, type SecretEntry } from './key-document.ts'
import type { KnownServices } from './key-record.ts'

export type KeyWriterDeps = {
  readonly clock: Clock
  readonly known: KnownServices
  /** Records what is about to be done; where it rejects, it is not done. */
  readonly record?: RecordKeyActs
  readonly random?: RandomBytes
}

/** `expiresAt` is in epoch milliseconds, null is never. */
export type NewKey = {
  readonly user: string
  readonly role: Role
  readonly services: readonly string[]
  readonly expiresAt: number | null
  readonly addresses?: readonly string[]
  readonly origins?: readonly string[]
  readonly models?: readonly string[]
  readonly limits?: readonly Limit[]
  readonly cloudModels?: boolean
  readonly weight?: number
}

/** What of a key is to become what; members that are left out stay. */
export type KeyChange = {
  readonly id: string
  readonly limits?: readonly Limit[]
  readonly models?: readonly string[]
  readonly cloudModels?: boolean
  readonly weight?: number
}

/** A key that was just made. It exists nowhere else: show it once. */
export type MadeKey = { readonly id: string; readonly key: string }

/** No key has the id. */
export class UnknownKeyError extends Error {
  override readonly name = 'UnknownKeyError'
}

/** Makes a key and adds it to the file, which need not exist yet. */
export async function addKey(file: string, wanted: NewKey, deps: KeyWriterDeps): Promise<MadeKey> {
  return await changeKeys(
    file,
    deps.known,
    (document) => {
      const made = createFreshKey(document, deps)
      document.keys[made.id] = {
        user: wanted.user,
        role: wanted.role,
        services: wanted.services,
        secrets: [createSecret(made.key, deps)],
        createdAt: formatInstant(deps.clock()),
        expiresAt: wanted.expiresAt === null ? null : formatInstant(wanted.expiresAt),
        disabled: false,
        addresses: wanted.addresses ?? [],
        origins: wanted.origins ?? [],
        models: wanted.models ?? [],
        limits: textsOf(wanted.limits ?? []),
        ...(wanted.cloudModels !== undefined && { cloudModels: wanted.cloudModels }),
        ...(wanted.weight !== undefined && { weight: wanted.weight }),
      }
      return made
    },
    deps.record,
  )
}

/**
 * Gives a key a new secret under its id. The newest of the old ones goes on working for
 * `overlapMs`; with 0 it stops at once. Keys without our form have no id to build one from.
 */
export async function rotateKey(
  file: string,
  rotation: { readonly id: string; readonly overlapMs: number },
  deps: KeyWriterDeps,
): Promise<MadeKey> {
  return await changeKeys(
    file,
    deps.known,
    (document) => {
      const entry = findEntry(document, rotation.id)
      if (!isKeyId(rotation.id)) {
        throw new UnknownKeyError(`${rotation.id} is an imported key: add a new one and remove it`)
      }
      const made = createApiKey(deps.random, rotation.id)
      const old = rotation.overlapMs === 0 ? [] : [retire(entry, deps.clock() + rotation.overlapMs)]
      entry.secrets = [...old, createSecret(made.key, deps)]
      return made
    },
    deps.record,
  )
}

/** Changes what a key is limited to; its secret stays. */
export async function editKey(file: string, change: KeyChange, deps: KeyWriterDeps): Promise<void> {
  await changeKeys(
    file,
    deps.known,
    (document) => {
      const entry = findEntry(document, change.id)
      const { limits, models, cloudModels, weight } = change
      if (limits !== undefined) entry.limits = textsOf(limits)
      if (models !== undefined) entry.models = models
      if (cloudModels !== undefined) entry.cloudModels = cloudModels
      if (weight !== undefined) entry.weight = weight
    },
    deps.record,
  )
}

const textsOf = (limits: readonly Limit[]) => limits.map(({ text }) => text)

export async function setDisabled(
  file: string,
  change: { readonly id: string; readonly disabled: boolean },
  deps: KeyWriterDeps,
): Promise<void> {
  await changeKeys(
    file,
    deps.known,
    (document) => {
      findEntry(document, change.id).disabled = change.disabled
    },
    deps.record,
  )
}

export async function removeKey(file: string, id: string, deps: KeyWriterDeps): Promise<void> {
  await changeKeys(
    file,
    deps.known,
    (document) => {
      findEntry(document, id)
      delete document.keys[id]
    },
    deps.record,
  )
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

function createSecret(key: string, deps: KeyWriterDeps): SecretEntry {
  return { sha256: hashKey(key), createdAt: formatInstant(deps.clock()), expiresAt: null }
}

/** The overlap never lengthens a secret's life. */
function retire(entry: KeyEntry, at: number): SecretEntry {
  const last = entry.secrets.at(-1) as SecretEntry
  const isSooner = last.expiresAt != null && Date.parse(last.expiresAt) <= at
  return isSooner ? last : { ...last, expiresAt: formatInstant(at) }
}
