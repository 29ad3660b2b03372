import type { OpenapiDeps } from '../http/routes/openapi.ts'
import { describeSite } from '../wire/openapi/describe-site.ts'
import { createAbsenceTest } from './absent-rooms.ts'
import type { AppDeps } from './app-deps.ts'
import type { Opened } from './open-parts.ts'

/** Returns what `/openapi.json` needs: it describes the rooms for which something is configured now. */
export function createSiteDocument(
  { settings, services, issuers, version }: AppDeps,
  { keys, clients }: Pick<Opened, 'keys' | 'clients'>,
): OpenapiDeps {
  const isAbsent = createAbsenceTest({ settings }, { keys, clients })
  const parts = {
    services: services.map(({ kind, chat, upstream }) => ({
      kind,
      // A chat without an address answers nobody.
      ...(chat && upstream && { chat: { hasVisitors: chat.visitor !== null } }),
    })),
    hasIssuers: issuers.length > 0,
    isAbsent,
  }
  return {
    version: () => keys.version() + clients.version(),
    describe: () => describeSite(parts, version),
  }
}
