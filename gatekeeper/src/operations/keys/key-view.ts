import type { KeyRecord } from '../../api-keys/key-record.ts'
import { formatInstant } from '../../lib/instant.ts'
import type { StoredSecret } from '../../model/stored-secret.ts'

/** `rotating`: two secrets work. */
export type KeyState = 'active' | 'rotating' | 'disabled' | 'expired'

export function stateOf(key: KeyRecord, now: number): KeyState {
  const living = key.secrets.filter((secret) => !isOver(secret.expiresAt, now))
  if (key.disabled) return 'disabled'
  if (isOver(key.expiresAt, now) || living.length === 0) return 'expired'
  return living.length > 1 ? 'rotating' : 'active'
}

export function isOver(expiresAt: number | null, now: number): boolean {
  return expiresAt !== null && now >= expiresAt
}

/** Returns a key for programs: all of it except the hashes. Instants are ISO 8601. */
export function viewKey(key: KeyRecord, now: number) {
  const instant = (at: number | null) => (at === null ? null : formatInstant(at))
  const viewSecret = ({ createdAt, expiresAt }: StoredSecret) => ({
    createdAt: instant(createdAt),
    expiresAt: instant(expiresAt),
  })
  return {
    id: key.id,
    user: key.user,
    madeBy: key.madeBy,
    team: key.team,
    role: key.role,
    services: key.services,
    unknownServices: key.unknownServices,
    description: key.description,
    tags: key.tags,
    state: stateOf(key, now),
    createdAt: instant(key.createdAt),
    expiresAt: instant(key.expiresAt),
    disabled: key.disabled,
    secrets: key.secrets.map(viewSecret),
    addresses: key.addresses,
    origins: key.origins,
    models: key.models,
    limits: key.limits.map(({ text }) => text),
    cloudModels: key.cloudModels,
    caps: key.caps,
    weight: key.weight,
  }
}
