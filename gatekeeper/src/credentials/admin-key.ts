import { isSameSecret } from '../lib/constant-time.ts'
import { controlName } from '../model/known-services.ts'
import { anonymous, type Principal } from '../model/principal.ts'
import type { Shown } from './attempts.ts'

/** The holder of `ADMIN_API_KEY`. Its id can be no key's: those have ten characters. */
const administrator: Principal = {
  ...anonymous,
  ...{ id: 'key:admin-api-key', kind: 'key', user: 'admin', role: 'admin' },
  services: [controlName],
}

/**
 * Returns the administrator for the one secret of `ADMIN_API_KEY`, in its own field and where
 * something is administered; null for everything else. Without the setting it is nobody's.
 */
export function createAdminKey(secret: string | null) {
  return (credential: string, { control }: Shown): Principal | null => {
    if (secret === null || control?.isAdminField !== true) return null
    return isSameSecret(credential, secret) ? administrator : null
  }
}
