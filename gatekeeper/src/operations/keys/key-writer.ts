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
}

/** The changes of a key; missing members stay. */
export type KeyChange = Partial<KeyMembers>

/** A new key. It is stored nowhere else: show it once. */
export type MadeKey = { readonly id: string; readonly key: string }

/** No key has the id. */
export class UnknownKeyError extends Error {
  override readonly name = 'UnknownKeyError'
}

/** Creates a key and adds it to the file, which need not exist yet. */
export async function addKey(
  file: string,
  wanted: KeyMembers,
  deps: KeyWriterDeps,
): Promise<MadeKey> {
  return await changeKeys(
    file,
    deps.known,
    (document) => {
      const made = createFreshKey(document, deps)
      const { user, role, services, ...others } = wanted
      const entry: KeyEntry = {
        ...{ user, role, services, secrets: [createSecret(made.key, deps)] },
        createdAt: formatInstant(deps.clock()),
        ...{ expiresAt: null, disabled: false, addresses: [], origins: [], models: [], limits: [] },
      }
      applyChange(entry, others)
      document.keys[made.id] = entry
      return made
    },
    deps.record,
  )
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
  return await changeKeys(
    file,
    deps.known,
    (document) => {
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
    },
    deps.record,
  )
}

/** Changes the properties of a key; its secret stays. */
export async function editKey(
  file: string,
  { id, change }: { readonly id: string; readonly change: KeyChange },
  deps: KeyWriterDeps,
): Promise<void> {
  const edit = (document: KeyDocument) => applyChange(findEntry(document, id), change)
  await changeKeys(file, deps.known, edit, deps.record)
}

/** Writes the members of a change into an entry of the file, in the file's own form. */
function applyChange(entry: KeyEntry, change: KeyChange): void {
  const { limits, expiresAt, description, ...others } = change
  Object.assign(entry, others)
  if (limits !== undefined) entry.limits = textsOf(limits)
  if (expiresAt !== undefined)
    entry.expiresAt = expiresAt === null ? null : formatInstant(expiresAt)
  if (description === '') delete entry.description
  else if (description !== undefined) entry.description = description
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

function createSecret(key: string, { clock }: KeyWriterDeps): SecretEntry {
  return createSecretEntry(hashKey(key), clock())
}
