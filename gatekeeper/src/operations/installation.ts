import { join } from 'node:path'
import { loadGateway } from '../config/load-gateway.ts'
import type { OAuthSettings } from '../config/read-oauth.ts'
import type { Settings } from '../config/read-settings.ts'
import type { IssuerSettings } from '../config/resolve-issuers.ts'
import { ownIssuerName, siteAddress } from '../config/site-address.ts'
import type { Clock } from '../lib/clock.ts'
import type { Listen } from '../lib/net/listening.ts'
import { ProblemsError } from '../lib/problem.ts'
import { controlName, type KnownServices } from '../model/known-services.ts'
import { createServiceNames, namesOfAll } from '../policy/service-names.ts'
import { createRecorder, type RecordActs } from './audit/record-acts.ts'
import { createUnrecordedActs, type UnrecordedActs } from './audit/unrecorded-acts.ts'

/** The files and services of one installation, as operations need them. */
export type Installation = {
  /** All settings, for what examines them. They hold secrets, so nothing shows them whole. */
  readonly settings: Settings
  /** `keys.json`. */
  readonly file: string
  /** The plain map of `API_KEYS_FILE`; null if it is not set. */
  readonly plainFile: string | null
  /** `clients.json`. */
  readonly clientsFile: string
  /** `users.json`: what differs for users of apps. */
  readonly usersFile: string
  /** `people.json`: who may sign in, and what each of them may use. */
  readonly peopleFile: string
  /** `rules.json`. */
  readonly rulesFile: string
  /** `providers.json`, the sealed keys of providers. */
  readonly providersFile: string
  /** `split-keys.json`, the sealed keys of users of apps. */
  readonly splitKeysFile: string
  /** The public half of the vault's key, which the gatekeeper writes. */
  readonly vaultPublicFile: string
  /** Scheme, host and port of every known provider, configured or not, by its name. */
  readonly providerOrigins: Readonly<Record<string, string>>
  /** Where the running gatekeeper answers commands; null if no socket is possible. */
  readonly commandListen: Listen | null
  readonly configFile: string
  readonly stateDir: string
  /** Holds signing keys and revocations. */
  readonly sharedDir: string
  readonly auditFolder: string
  readonly oauth: OAuthSettings
  /** Our issuer name in tokens. */
  readonly issuer: string
  /** The other issuers whose tokens are accepted; throws a ProblemsError as `requireKnown` does. */
  readonly foreignIssuers: () => readonly IssuerSettings[]
  /** The address for clients: `https://localhost:8443`. */
  readonly baseUrl: string
  /** The time zone for days in reports. */
  readonly timeZone: string
  /** Days that the audit keeps records of requests. */
  readonly auditRetainDays: number
  /** Users with limits of their own in gatekeeper.yaml. */
  readonly limitedUsers: ReadonlySet<string>
  /** Teams with a policy of their own in gatekeeper.yaml. */
  readonly limitedTeams: ReadonlySet<string>
  /** Whether the audit records only a part of the allowed requests. */
  readonly isAuditSampled: boolean
  readonly services: ServiceNames
  readonly clock: Clock
  /** Records a pending change; if it rejects, the change must not be made. */
  readonly record: RecordActs
  /** The recorder of commands for acts that only take rights away, and what waits to be recorded. */
  readonly unrecorded: UnrecordedActs
}

export type ServiceNames = KnownServices & {
  readonly names: readonly string[]
  /** The names that `*` includes. */
  readonly namesOfAll: readonly string[]
  readonly aliases: readonly string[]
  /** Returns the web origins that a service allows; none if the service is unknown. */
  readonly originsOf: (service: string) => readonly string[]
  /** Whether gatekeeper.yaml could be read. */
  readonly isKnown: boolean
  /** Throws a ProblemsError when gatekeeper.yaml is broken, so that no service is known. */
  readonly requireKnown: () => void
}

type Deps = { readonly clock: Clock; readonly readText: (path: string) => string }

/** Opens the installation that the settings describe. Nothing is written. */
export function openInstallation(settings: Settings, deps: Deps): Installation {
  const { keysDir, stateDir, sharedDir, oauth, configFile } = settings
  const recorder = createRecorder(join(stateDir, 'audit'), deps.clock)
  const unrecorded = createUnrecordedActs(recorder, { folder: keysDir, clock: deps.clock })
  return {
    settings,
    file: join(keysDir, 'keys.json'),
    plainFile: settings.apiKeysFile,
    clientsFile: join(keysDir, 'clients.json'),
    usersFile: join(keysDir, 'users.json'),
    peopleFile: join(keysDir, 'people.json'),
    rulesFile: join(keysDir, 'rules.json'),
    providersFile: join(keysDir, 'providers.json'),
    splitKeysFile: join(keysDir, 'split-keys.json'),
    vaultPublicFile: settings.vault.publicFile,
    commandListen: settings.explainListen,
    configFile,
    stateDir,
    sharedDir,
    auditFolder: join(stateDir, 'audit'),
    oauth,
    issuer: ownIssuerName(settings),
    baseUrl: siteAddress(settings),
    clock: deps.clock,
    record: unrecorded.record,
    unrecorded,
    ...readGateway(settings, deps),
  }
}

/**
 * If gatekeeper.yaml is invalid, every name counts as a service, because disabling a key must still
 * work; functions that need the names call `requireKnown`.
 */
function readGateway(settings: Settings, { readText }: Deps) {
  const { services, issuers, problems, policies, audit, providerOrigins } = loadGateway(
    settings,
    readText,
  )
  const serviceNameOf = createServiceNames(services)
  const isKnown = problems.length === 0
  const requireKnown = () => {
    if (!isKnown) throw new ProblemsError(problems)
  }
  return {
    providerOrigins,
    timeZone: policies.timeZone,
    auditRetainDays: audit.retainDays,
    limitedUsers: new Set(policies.users.keys()),
    limitedTeams: new Set(policies.teams.keys()),
    isAuditSampled: audit.allowed !== 'all',
    services: {
      names: [...services.map(({ name }) => name), controlName],
      namesOfAll: namesOfAll(services),
      aliases: services.flatMap(({ aliases }) => aliases),
      originsOf: (name: string) => services.find((service) => service.name === name)?.origins ?? [],
      serviceNameOf: (word: string) => (isKnown ? serviceNameOf(word) : word),
      isKnown,
      requireKnown,
    },
    foreignIssuers: () => {
      requireKnown()
      return issuers
    },
  }
}
