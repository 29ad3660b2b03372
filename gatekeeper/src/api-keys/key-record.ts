import type { JsonPath } from '../lib/json/json-place.ts'
import type { Problem } from '../lib/problem.ts'
import type { Caps } from '../model/caps.ts'
import type { Limit } from '../model/limit.ts'
import type { Role } from '../model/principal.ts'

/** One secret of a key: never the secret itself. Instants are epoch milliseconds, null is never. */
export type KeySecret = {
  /** SHA-256 of the whole key, 64 lower-case hex digits. */
  readonly sha256: string
  readonly createdAt: number | null
  readonly expiresAt: number | null
}

/** A key as a file describes it, read and checked. */
export type KeyRecord = {
  /** Ten characters, or `plain-…` for a key that an older set-up made. */
  readonly id: string
  readonly user: string
  /** What the key is for, in a person's words; null where nothing is said. */
  readonly description: string | null
  /** `NAME=VALUE` or `NAME`, for people who sort keys; nothing is decided by them. */
  readonly tags: readonly string[]
  readonly role: Role
  /** Names of services of the config, aliases resolved; unknown ones are left out. */
  readonly services: readonly string[]
  /** Names in `services` that no service has; they open nothing. */
  readonly unknownServices: readonly string[]
  /** One, or two during a rotation. */
  readonly secrets: readonly KeySecret[]
  readonly createdAt: number | null
  readonly expiresAt: number | null
  readonly disabled: boolean
  readonly addresses: readonly string[]
  readonly origins: readonly string[]
  readonly models: readonly string[]
  readonly limits: readonly Limit[]
  /** Null where the key says nothing of it, and then its role decides. */
  readonly cloudModels: boolean | null
  readonly caps: Caps
  readonly weight: number | null
}

/** What the config knows: resolves a service's name or alias to its name, null for neither. */
export type KnownServices = {
  readonly serviceNameOf: (nameOrAlias: string) => string | null
  /** Every name, for those who look for the one that was meant. */
  readonly names?: readonly string[]
}

/** What a key file holds. With problems there are no keys: half a file is never in force. */
export type KeyFile = {
  readonly form: 'version 1' | 'plain map'
  readonly keys: readonly KeyRecord[]
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
}

/** A problem before its place is known. `what` never holds a key, nor a part of one. */
export type Finding = { readonly path: JsonPath; readonly what: string; readonly remedy: string }

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
