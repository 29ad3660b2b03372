import { join } from 'node:path'
import { openUserStore } from '../../oauth/user-store.ts'
import type { AppDeps } from '../app-deps.ts'

/** Opens what differs for users of apps. Rejects with a ProblemsError if the file is broken. */
export async function openUsers({ settings, log }: AppDeps) {
  const users = await openUserStore({ file: join(settings.keysDir, 'users.json'), log })
  return { ...users, name: 'users' }
}
