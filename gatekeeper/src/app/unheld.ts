/**
 * Warns at the start about limits that a check route cannot enforce, because it sees neither bodies
 * nor answers: keys with such a limit are refused there.
 */
import type { KeyStore } from '../api-keys/key-store.ts'
import { routeText, type Service } from '../model/service.ts'
import { limitsOf, narrowByRole, type Policies } from '../policy/policies.ts'
import { findUnheldOnCheck } from '../policy/unheld.ts'
import type { Log } from '../telemetry/log.ts'

type Deps = {
  readonly services: readonly Service[]
  readonly policies: Policies
  readonly keys: Pick<KeyStore, 'idsWithOnly' | 'findById'>
  readonly log: Pick<Log, 'warn'>
}

/** The most keys of a service that are examined, and the most that are named. */
const keysMax = 5_000
const namedMax = 20

/** Lists, for each check route, the keys that are refused there and the limit that causes it. */
export function warnOfUnheld(deps: Deps): void {
  for (const service of deps.services) {
    const checked = service.routes.filter(({ mode }) => mode === 'check')
    const unheld = checked.length === 0 ? [] : findUnheldKeys(service, deps)
    if (unheld.length === 0) continue
    for (const place of checked.map(routeText)) {
      const text = `${place} is a check route, which cannot enforce the limits of these keys: it refuses their requests (not-inspected). Set mode: relay for it, or use another route.`
      deps.log.warn({ route: place, keys: unheld.slice(0, namedMax), all: unheld.length }, text)
    }
  }
}

function findUnheldKeys(service: Service, { policies, keys }: Deps): string[] {
  const ids = keys.idsWithOnly(service.name, null).slice(0, keysMax)
  return ids.flatMap((id) => {
    const found = keys.findById(id)
    if (typeof found === 'string') return []
    const principal = narrowByRole(found, policies)
    const limits = limitsOf({ service, principal }, policies)
    const what = findUnheldOnCheck(service, { principal, limits })
    return what === null ? [] : [`${id}: ${what}`]
  })
}
