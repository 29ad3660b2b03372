import type { Problem } from '../lib/problem.ts'
import type { Caps } from '../model/caps.ts'
import type { Limit } from '../model/limit.ts'
import type { Role } from '../model/principal.ts'
import type { StoredSecret } from '../model/stored-secret.ts'

/** A parsed and validated key of a file. */
export type KeyRecord = {
  /** Ten characters, or `plain-…` for a key from an older set-up. */
  readonly id: string
  readonly user: string
  /** The id of the person who made the key, and whose access bounds it; null for no person. */
  readonly madeBy: string | null
  /** The name of its team; null if it names none. */
  readonly team: string | null
  /** The purpose of the key, in a person's words; null if it is not given. */
  readonly description: string | null
  /** `NAME=VALUE` or `NAME`, for sorting keys; they have no effect on decisions. */
  readonly tags: readonly string[]
  readonly role: Role
  /** Names of services in the configuration, aliases resolved, without unknown ones. */
  readonly services: readonly string[]
  /** Names in `services` that no service has; they have no effect. */
  readonly unknownServices: readonly string[]
  /** One, or two during a rotation. */
  readonly secrets: readonly StoredSecret[]
  readonly createdAt: number | null
  readonly expiresAt: number | null
  /** Why a person let the key never end; null if that is not written down. */
  readonly noExpiryReason: string | null
  readonly disabled: boolean
  readonly addresses: readonly string[]
  readonly origins: readonly string[]
  readonly models: readonly string[]
  readonly limits: readonly Limit[]
  /** Null if the key does not set it; then its role decides. */
  readonly cloudModels: boolean | null
  readonly caps: Caps
  readonly weight: number | null
}

/** The content of a key file. With problems there are no keys: a partial file is never in use. */
export type KeyFile = {
  readonly form: 'version 1' | 'plain map'
  readonly keys: readonly KeyRecord[]
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
}
