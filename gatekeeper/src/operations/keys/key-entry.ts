import type { Role } from '../../model/principal.ts'
import type { SecretEntry } from '../change-document.ts'

/** The content of `keys.json`. Instants are ISO 8601. */
export type KeyDocument = { version: 1; keys: Record<string, KeyEntry> }

/** One key of `keys.json`. */
export type KeyEntry = {
  user: string
  role: Role
  services: readonly string[]
  secrets: readonly SecretEntry[]
  createdAt?: string | null
  expiresAt?: string | null
  noExpiryReason?: string
  /** The id of the person who made it. */
  madeBy?: string
  /** The name of its team. */
  team?: string
  disabled?: boolean
  addresses?: readonly string[]
  origins?: readonly string[]
  models?: readonly string[]
  limits?: readonly string[]
  cloudModels?: boolean
  caps?: Readonly<Record<string, number>>
  weight?: number
  description?: string
  tags?: readonly string[]
}
