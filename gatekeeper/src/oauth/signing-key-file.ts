/**
 * The file of signing keys, `signing/keys.json` in the state folder. Several gatekeepers may share
 * it: the first one creates a key under a lock, and all read the same keys.
 */
import { join } from 'node:path'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose'
import type { Clock } from '../lib/clock.ts'
import { changeFile } from '../lib/files/change-file.ts'
import { type SigningAlgorithm, signingAlgorithms } from '../model/algorithm.ts'

/** A signing key with its private part. Instants are epoch milliseconds. */
export type SigningKey = {
  /** Thumbprint of the public key (RFC 7638), so that ids are unique. */
  readonly kid: string
  readonly algorithm: SigningAlgorithm
  readonly createdAt: number
  /** From when it signs; before that it is only published, so that verifiers know it in time. */
  readonly activeAt: number
  /** When the last token that it signed has expired; null while it is in use. */
  readonly retiresAt: number | null
  readonly jwk: JWK
}

export function signingKeyPath(stateDir: string): string {
  return join(stateDir, 'signing', 'keys.json')
}

/**
 * Reads the text of the file; throws an Error that describes the fault and never quotes the text.
 */
export function parseSigningKeys(text: string): readonly SigningKey[] | Error {
  try {
    const { version, keys } = JSON.parse(text) as { version: unknown; keys: unknown }
    if (version !== 1) return new Error('has another version')
    if (Array.isArray(keys) && keys.every(isSigningKey)) return keys
    return new Error('does not contain signing keys')
  } catch {
    return new Error('is not JSON')
  }
}

function isSigningKey(value: unknown): value is SigningKey {
  const key = value as Partial<SigningKey> | null
  const isInstant = (at: unknown) => typeof at === 'number' && Number.isSafeInteger(at)
  return (
    typeof key === 'object' &&
    key !== null &&
    typeof key.kid === 'string' &&
    signingAlgorithms.includes(key.algorithm as SigningAlgorithm) &&
    isInstant(key.createdAt) &&
    isInstant(key.activeAt) &&
    (key.retiresAt === null || isInstant(key.retiresAt)) &&
    typeof key.jwk === 'object' &&
    typeof key.jwk?.d === 'string'
  )
}

export type SigningDeps = {
  readonly clock: Clock
  /** Records a key that is about to be added; if it rejects, the key is not added. */
  readonly record?: (act: SigningAct) => Promise<void>
}

export type SigningAct = {
  readonly event: 'signing.rotated'
  readonly kid: string
  readonly algorithm: SigningAlgorithm
  /** ISO 8601. */
  readonly activeAt: string
}

/** Rotation: `leadMs` from publishing to signing, `lifetimeMs` of the longest token. */
export type Rotation = {
  readonly algorithm: SigningAlgorithm
  readonly leadMs: number
  readonly lifetimeMs: number
}

/**
 * Creates the first key if there is none, and a new one if the configured algorithm is not that of
 * the newest. A file that cannot be read is not replaced: a new key would invalidate every token,
 * and hide the fault. Rejects as `node:fs` does, and with an Error.
 */
export async function ensureSigningKey(
  stateDir: string,
  rotation: Rotation,
  deps: SigningDeps,
): Promise<void> {
  await changeSigningKeys(stateDir, async (keys) => {
    const newest = keys.at(-1)
    if (newest?.algorithm === rotation.algorithm) return null
    const leadMs = newest === undefined ? 0 : rotation.leadMs
    return { keys: await addKey(keys, { ...rotation, leadMs }, deps) }
  })
}

/**
 * Adds a key that signs from `leadMs` on; returns its id. The other keys retire when their tokens
 * have expired.
 */
export async function rotateSigningKey(
  stateDir: string,
  rotation: Rotation,
  deps: SigningDeps,
): Promise<string> {
  const { kid } = await changeSigningKeys(stateDir, async (keys) => {
    const changed = await addKey(keys, rotation, deps)
    const made = changed.at(-1) as SigningKey
    const { kid } = made
    const activeAt = new Date(made.activeAt).toISOString()
    const act = { event: 'signing.rotated', kid, algorithm: made.algorithm, activeAt } as const
    return { kid, keys: changed, record: async () => await deps.record?.(act) }
  })
  return kid
}

async function addKey(
  keys: readonly SigningKey[],
  rotation: Rotation,
  { clock }: SigningDeps,
): Promise<SigningKey[]> {
  const now = clock()
  const made = await makeKey(rotation, now)
  const endsAt = made.activeAt + rotation.lifetimeMs
  const kept = keys
    .filter(({ retiresAt }) => retiresAt === null || retiresAt > now)
    .map((key) => ({ ...key, retiresAt: key.retiresAt ?? endsAt }))
  return [...kept, made]
}

async function makeKey({ algorithm, leadMs }: Rotation, now: number): Promise<SigningKey> {
  const pair = await generateKeyPair(algorithm, { extractable: true, modulusLength: 2048 })
  const [jwk, publicJwk] = await Promise.all([
    exportJWK(pair.privateKey),
    exportJWK(pair.publicKey),
  ])
  const kid = await calculateJwkThumbprint(publicJwk)
  return { kid, algorithm, createdAt: now, activeAt: now + leadMs, retiresAt: null, jwk }
}

type Changed = { readonly keys: readonly SigningKey[]; readonly record?: () => Promise<void> }

async function changeSigningKeys<T extends Changed | null>(
  stateDir: string,
  change: (keys: readonly SigningKey[]) => Promise<T>,
): Promise<T> {
  const path = signingKeyPath(stateDir)
  return await changeFile(path, async (text) => {
    const keys = text === null ? [] : parseSigningKeys(text)
    if (keys instanceof Error) throw new Error(`${path} ${keys.message}`)
    const changed = await change(keys)
    return (
      changed && { ...changed, text: `${JSON.stringify({ version: 1, keys: changed.keys })}\n` }
    )
  })
}
