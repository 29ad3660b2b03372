import { join } from 'node:path'
import type { KeySetChange } from '../../api-keys/key-set-change.ts'
import { type KeyStore, loadKeyStore } from '../../api-keys/key-store.ts'
import type { Settings } from '../../config/read-settings.ts'
import { createRouteTable } from '../../policy/route-table.ts'
import { createKnownServices } from '../../policy/service-names.ts'
import type { AppDeps } from '../app-deps.ts'
import { warnOfUnheld } from '../unheld.ts'
import type { AuditPart } from './audit.ts'
import type { PeoplePart } from './people.ts'

/** Opens the API keys. Rejects with a ProblemsError if a file is broken. */
export async function openKeys(
  deps: AppDeps,
  {
    recordChange,
    boundByMaker,
  }: Pick<AuditPart, 'recordChange'> & Pick<PeoplePart, 'boundByMaker'>,
) {
  const { settings, services, policies, clock, log } = deps
  const keys = await loadKeyStore({
    files: keyFiles(settings),
    known: createKnownServices(services),
    clock,
    log,
    boundByMaker,
    onChange: (change: KeySetChange) => recordChange('keys.reloaded', change),
  })
  warnOfMovedRoute(deps, keys)
  warnOfUnheld({ services, policies, keys, log })
  return {
    ...keys,
    name: 'keys',
    problems: () => keys.state().degraded,
    notes: () => keys.state().notes,
  }
}

function keyFiles({ keysDir, apiKeysFile }: Settings): string[] {
  const own = join(keysDir, 'keys.json')
  return apiKeysFile === null ? [own] : [own, apiKeysFile]
}

/** `/v1` belongs to Ollama until an edit moves it; then keys that cannot follow lose it. */
function warnOfMovedRoute({ services, settings, log }: AppDeps, keys: KeyStore): void {
  const owner = createRouteTable(services)('/v1', settings.sites[0] ?? '')?.service.name
  if (owner === undefined || owner === 'ollama') return
  const losing = keys.idsWithOnly('ollama', owner)
  if (losing.length > 0)
    log.warn({ keys: losing }, `/v1 leads to ${owner}: these keys can no longer use it`)
}
