/**
 * Rooms of our own that are there only where something is configured for them: without that their
 * paths are words that were never written. Keys and clients change while the process runs, so the
 * answer does too.
 */
import { isUnder } from '../lib/net/path.ts'
import { controlName } from '../model/known-services.ts'
import type { AppDeps } from './app-deps.ts'
import type { Opened } from './open-parts.ts'

/** Returns a test for paths of rooms for which nothing is configured now. */
export function createAbsenceTest(
  { settings }: Pick<AppDeps, 'settings'>,
  { keys, clients }: Pick<Opened, 'keys' | 'clients'>,
): (path: string) => boolean {
  let version = -1
  let absent: readonly string[] = []
  const look = () => {
    const all = clients.list()
    const hasApps = all.some(({ app }) => app !== null)
    const isAdministered =
      settings.adminKey !== null ||
      keys.idsWithOnly(controlName, null).length > 0 ||
      all.some(({ services }) => services.includes(controlName))
    return [
      ...(isAdministered ? [] : ['/admin']),
      ...(isAdministered || hasApps ? [] : ['/analytics']),
      ...(hasApps ? [] : ['/auth']),
    ]
  }
  return (path) => {
    const current = keys.version() + clients.version()
    if (current !== version) absent = look()
    version = current
    // Caddy folds case before it chooses the relay.
    return absent.some((prefix) => isUnder(path.toLowerCase(), prefix))
  }
}
