import type { KeyRecord } from '../../api-keys/key-record.ts'
import { formatInstant } from '../../lib/instant.ts'
import type { KeyDraft } from './key-faults.ts'

/** Returns a key in the form of the file, without its secrets. */
export function draftOf(key: KeyRecord): KeyDraft {
  const instant = (at: number | null) => (at === null ? null : formatInstant(at))
  const caps = Object.entries(key.caps).filter(([, cap]) => cap !== null)
  return {
    ...{ user: key.user, role: key.role, services: [...key.services, ...key.unknownServices] },
    ...{ createdAt: instant(key.createdAt), expiresAt: instant(key.expiresAt) },
    ...{ disabled: key.disabled, addresses: key.addresses, origins: key.origins },
    ...{ models: key.models, limits: key.limits.map(({ text }) => text), tags: key.tags },
    ...(key.noExpiryReason !== null && { noExpiryReason: key.noExpiryReason }),
    ...(key.madeBy !== null && { madeBy: key.madeBy }),
    ...(key.team !== null && { team: key.team }),
    ...(key.description !== null && { description: key.description }),
    ...(key.cloudModels !== null && { cloudModels: key.cloudModels }),
    ...(caps.length > 0 && { caps: Object.fromEntries(caps) as Record<string, number> }),
    ...(key.weight !== null && { weight: key.weight }),
  }
}
