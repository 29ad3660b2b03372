import type { Problem } from '../lib/problem.ts'
import type { Caps } from '../model/caps.ts'
import type { Limit } from '../model/limit.ts'
import type { Role } from '../model/principal.ts'
import type { StoredSecret } from '../model/stored-secret.ts'

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
  readonly secrets: readonly StoredSecret[]
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

/** What a key file holds. With problems there are no keys: half a file is never in force. */
export type KeyFile = {
  readonly form: 'version 1' | 'plain map'
  readonly keys: readonly KeyRecord[]
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
