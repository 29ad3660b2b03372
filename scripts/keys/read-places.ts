import { join } from 'node:path'
import { loadGateway } from '../../gatekeeper/src/config/load-gateway.ts'
import type { Settings } from '../../gatekeeper/src/config/read-settings.ts'
import { ownIssuerName, siteAddress } from '../../gatekeeper/src/config/site-address.ts'
import { ProblemsError } from '../../gatekeeper/src/lib/problem.ts'
import { createServiceNames } from '../../gatekeeper/src/policy/service-names.ts'
import { type Env, readSettingsOf, readText } from '../settings/read-settings-of.ts'
import type { Context } from './command.ts'

/**
 * Where the key files are and which services there are, from `.env`, the environment and
 * gatekeeper.yaml. Throws a ProblemsError where the settings are wrong: keys must not be written
 * into another folder than the one that is read.
 */
export function readPlaces(
  root: string,
  environment: Env,
): Omit<Context, 'clock' | 'readInput' | 'ask' | 'record'> {
  const { settings, problems } = readSettingsOf(root, environment)
  if (problems.length > 0) throw new ProblemsError(problems)
  return {
    file: join(settings.keysDir, 'keys.json'),
    plainFile: settings.apiKeysFile,
    clientsFile: join(settings.keysDir, 'clients.json'),
    stateDir: settings.stateDir,
    sharedDir: settings.sharedDir,
    oauth: settings.oauth,
    issuer: ownIssuerName(settings),
    baseUrl: siteAddress(settings),
    ...readGateway(settings),
  }
}

/**
 * Where gatekeeper.yaml is broken every name passes for a service, since a key must be disabled
 * then too; only `add` insists on it.
 */
function readGateway(settings: Settings): Pick<Context, 'services' | 'foreignIssuers'> {
  const { services, issuers, problems } = loadGateway(settings, readText)
  const serviceNameOf = createServiceNames(services)
  const require = () => {
    if (problems.length > 0) throw new ProblemsError(problems)
  }
  return {
    services: {
      names: services.map(({ name }) => name),
      aliases: services.flatMap(({ aliases }) => aliases),
      originsOf: (name) => services.find((service) => service.name === name)?.origins ?? [],
      serviceNameOf: (word) => (problems.length > 0 ? word : serviceNameOf(word)),
      require,
    },
    foreignIssuers: () => {
      require()
      return issuers
    },
  }
}
