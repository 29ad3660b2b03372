import { loadGateway } from '../../gatekeeper/src/config/load-gateway.ts'
import type { Settings } from '../../gatekeeper/src/config/read-settings.ts'
import type { Problem } from '../../gatekeeper/src/lib/problem.ts'
import { exitCode } from '../../gatekeeper/src/lib/problem.ts'
import type { Service } from '../../gatekeeper/src/model/service.ts'
import { type Env, readSettingsOf, readText } from '../settings/read-settings-of.ts'
import { StartError } from './start-error.ts'

export type Configuration = {
  /** The environment with `.env` under it: what the parts are started with. */
  readonly env: Env
  readonly settings: Settings
  readonly services: readonly Service[]
  /** Names of other programs that do nothing here. */
  readonly warnings: readonly Problem[]
}

/**
 * Reads `.env`, the settings and gatekeeper.yaml, just as the gatekeeper will, so that mistakes are
 * shown before anything is started. Throws a StartError that lists every problem.
 */
export function readConfiguration(root: string, environment: Env): Configuration {
  const { env, settings, problems, warnings } = readSettingsOf(root, environment)
  const gateway = loadGateway(settings, readText)
  const all = [...problems, ...gateway.problems]
  if (all.length > 0) throw new StartError(all, exitCode.config)
  return { env, settings, services: gateway.services, warnings }
}
