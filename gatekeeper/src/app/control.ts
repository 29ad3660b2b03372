/** What answers on the socket for commands of this user and for the admin process. */
import type Koa from 'koa'
import { adminTokenRoute } from '../http/control/admin-token.ts'
import { explainHandlers } from '../http/control/explain.ts'
import type { PlaygroundDeps } from '../http/control/playground/playground-deps.ts'
import { playgroundRoutes } from '../http/control/playground/routes.ts'
import { stateRoutes } from '../http/control/state.ts'
import { vaultRoutes } from '../http/control/vault.ts'
import { type AdminHealthDeps, readHealth } from '../http/routes/admin-health.ts'
import type { Problem } from '../lib/problem.ts'
import type { ExplainQuestion, Explanation } from '../model/explanation.ts'
import { viewService } from '../model/service-view.ts'
import { limitsAnywhere, narrowByRole } from '../policy/policies.ts'
import type { AppDeps } from './app-deps.ts'
import type { Opened } from './open-parts.ts'

export type ControlDeps = {
  readonly explain: (question: ExplainQuestion) => Promise<Explanation>
  readonly health: AdminHealthDeps
  readonly notes: () => readonly Problem[]
  readonly isDraining: () => boolean
  readonly playground: PlaygroundDeps
}

/** Returns the handlers; the last one answers what no other does. */
export function controlHandlers(
  { services, policies }: AppDeps,
  { vault, queues, keys, issuers, ledger }: Opened,
  { explain, health, notes, isDraining, playground }: ControlDeps,
): Koa.Middleware[] {
  return [
    vaultRoutes(vault.acts),
    stateRoutes({
      queues: queues.views,
      parts: health.parts,
      notes,
      services: services.map(viewService),
      isDraining,
      readHealth: () => readHealth(health),
      findPrincipal: (kind, id) => {
        const found = kind === 'key' ? keys.judgeById(id) : issuers.judgeClient(id, 'house')
        return typeof found === 'string' ? found : narrowByRole(found, policies)
      },
      // The limit of reads is the same for everybody, and no caller comes near it.
      standingsOf: (principal) =>
        ledger.standings(
          limitsAnywhere(principal, services, policies).filter(({ scope }) => scope !== 'reads'),
        ),
    }),
    playgroundRoutes(playground),
    adminTokenRoute((token) => issuers.authenticate(token, 'admin')),
    ...explainHandlers(explain),
  ]
}
