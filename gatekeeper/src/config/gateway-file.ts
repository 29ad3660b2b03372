import { dirname, resolve } from 'node:path'
import { LineCounter, parseDocument } from 'yaml'
import { kinds } from '../kinds/kinds.ts'
import { plainIssue, unknownMembers } from '../lib/json/plain-issue.ts'
import type { Problem } from '../lib/problem.ts'
import type { Kind } from '../model/kind.ts'
import type { Service } from '../model/service.ts'
import { noPolicies, type Policies } from '../policy/policies.ts'
import { crossCheck } from './cross-checks.ts'
import { createGatewaySchema, type GatewayFile } from './gateway-schema.ts'
import { limitWarnings } from './limit-problems.ts'
import type { Settings } from './read-settings.ts'
import type { ReportAt } from './report-at.ts'
import { resolveChat } from './resolve-chat.ts'
import { type IssuerSettings, resolveIssuers } from './resolve-issuers.ts'
import { type OriginRules, resolveOrigins } from './resolve-origins.ts'
import { resolvePolicies } from './resolve-policies.ts'
import { namesInVault, originsOfProviders, resolveProviders } from './resolve-providers.ts'
import { resolveServices } from './resolve-services.ts'
import { resolveTeams } from './resolve-teams.ts'
import { resolveWidget } from './resolve-widget.ts'
import { sharedHostWarnings } from './route-problems.ts'
import type { SignInEntry } from './signin-schema.ts'
import { unseenRouteWarnings } from './unseen-routes.ts'
import { placeOf } from './yaml-place.ts'

/** The combined result of `gatekeeper.yaml` and the settings. */
export type Gateway = {
  readonly services: readonly Service[]
  readonly attempts: GatewayFile['attempts']
  /** Tokens for users of apps. */
  readonly bridge: GatewayFile['bridge']
  readonly bodies: GatewayFile['bodies']
  readonly overload: GatewayFile['overload']
  readonly usage: GatewayFile['usage']
  readonly audit: AuditSettings
  readonly reviewEveryMs: number
  readonly revocation: GatewayFile['revocation']
  readonly policies: Policies
  readonly origins: OriginRules
  readonly legacyLimitFields: GatewayFile['legacyLimitFields']
  readonly issuers: readonly IssuerSettings[]
  /** Providers of people's sign-in; the paths of their secrets are absolute. */
  readonly signin: readonly SignInEntry[]
  /** Scheme, host and port of every provider that is known, configured or not, by its name. */
  readonly providerOrigins: Readonly<Record<string, string>>
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
}

/** `audit` of the file; `bytesMax` is its `megabytes`. */
type AuditSettings = Omit<GatewayFile['audit'], 'megabytes'> & { readonly bytesMax: number }

/**
 * Reads the text of `gatekeeper.yaml`. All problems are returned at once with their places; with
 * problems there are no services, so a partial configuration is never in use.
 */
export function readGatewayFile(
  text: string,
  source: string,
  deps: {
    settings: Settings
    readFile: (path: string) => string
    kinds?: readonly Kind[] | undefined
  },
): Gateway {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true })
  const reportAt: ReportAt = (path, what, remedy) => ({
    source,
    ...placeOf(document.contents, path, lines),
    what,
    remedy,
  })
  if (document.errors.length > 0)
    return failedGateway(document.errors.map((error) => syntax(source, error)))
  const value = toValue(document)
  if (value === null) {
    return failedGateway([
      reportAt([], 'uses aliases that cannot be resolved', 'Write the values out instead.'),
    ])
  }
  const schema = createGatewaySchema(deps.kinds ?? kinds)
  const parsed = schema.safeParse(value.content, { error: plainIssue })
  if (!parsed.success)
    return failedGateway(parsed.error.issues.flatMap((issue) => explain(issue, reportAt)))
  return assemble(parsed.data, source, { ...deps, reportAt })
}

function assemble(
  file: GatewayFile,
  source: string,
  deps: { settings: Settings; readFile: (path: string) => string; reportAt: ReportAt },
): Gateway {
  const folder = dirname(source)
  const readSecret = (path: string) => deps.readFile(resolve(folder, path))
  const problems = crossCheck(file, deps.settings, deps.reportAt)
  const resolved = resolveServices(file, { ...deps, readSecret })
  const bridge = resolveProviders(file, { ...deps, readSecret })
  const { issuers, ...tokens } = resolveIssuers(file, {
    ...deps,
    readSecret,
    providers: bridge.services.map(({ name }) => name),
  })
  const behind = [...resolved.services, ...bridge.services]
  const widget = resolveWidget(file, {
    ...{ ...deps, readSecret, readText: readSecret, services: behind },
    inVault: namesInVault({ ...deps, readSecret }),
  })
  const services = [
    ...behind,
    ...widget.services,
    ...resolveChat(file, { services: resolved.services, settings: deps.settings }),
  ]
  const teams = resolveTeams(file, services, deps.reportAt)
  const found = [resolved, bridge, tokens, widget, teams].map((one) => one.problems)
  const all = [problems, ...found].flat()
  return all.length > 0
    ? failedGateway(all)
    : {
        services,
        warnings: [
          ...resolved.warnings,
          ...unseenRouteWarnings(file, deps.reportAt),
          ...sharedHostWarnings(file, deps.reportAt),
          ...limitWarnings(file, deps.reportAt),
          ...widget.warnings,
        ],
        attempts: file.attempts,
        bridge: file.bridge,
        bodies: file.bodies,
        overload: file.overload,
        usage: file.usage,
        audit: readAudit(file),
        reviewEveryMs: file.reviewEvery,
        revocation: file.revocation,
        policies: resolvePolicies(file, teams.teams),
        origins: resolveOrigins(file, deps.settings),
        legacyLimitFields: file.legacyLimitFields,
        issuers,
        signin: file.signin.map((entry) => ({
          ...entry,
          clientSecretFile: resolve(folder, entry.clientSecretFile),
        })),
        providerOrigins: originsOfProviders(file, deps.settings),
        problems: [],
      }
}

function readAudit({ audit: { megabytes, ...rules } }: GatewayFile): AuditSettings {
  return { ...rules, bytesMax: megabytes * 1_000_000 }
}

/**
 * Returns the document as a plain value; null if its aliases are undefined, or expand without
 * bound.
 */
function toValue(document: ReturnType<typeof parseDocument>): { content: unknown } | null {
  try {
    return { content: document.toJS({ maxAliasCount: 20 }) }
  } catch {
    return null
  }
}

/** Returns the gateway of a file that cannot be used. */
export const failedGateway = (problems: readonly Problem[]): Gateway => ({
  services: [],
  attempts: { burst: 1, perMinute: 1 },
  bridge: { tokensPerAddress: noPolicies.reads },
  bodies: { inFlightBytes: 0 },
  overload: { lagMs: 10 },
  usage: { retainDays: 1 },
  revocation: { cutStreams: true },
  reviewEveryMs: 1,
  audit: { allowed: 'all', sampleOf: 2, required: true, retainDays: 1, bytesMax: 1 },
  policies: noPolicies,
  origins: { usual: [], allowNoOrigin: false },
  legacyLimitFields: true,
  issuers: [],
  signin: [],
  providerOrigins: {},
  problems,
  warnings: [],
})

type YamlError = {
  readonly message: string
  readonly linePos?: readonly { line: number; col: number }[]
}

function syntax(source: string, error: YamlError): Problem {
  const [what = 'is not valid YAML'] = error.message.split(/ at line |\n/)
  const place = error.linePos?.[0]
  return {
    source,
    ...(place && { line: place.line, column: place.col }),
    what,
    remedy: 'Correct the YAML there.',
  }
}

type Issue = Extract<
  ReturnType<ReturnType<typeof createGatewaySchema>['safeParse']>,
  { success: false }
>['error']['issues'][number]

function explain(issue: Issue, reportAt: ReportAt): Problem[] {
  const at = issue.path.map(String).join('.') || 'the file'
  if (issue.code === 'unrecognized_keys') {
    return unknownMembers(issue).map(({ name, meant, known }) =>
      reportAt(
        [...issue.path, name],
        `${at} has an unknown member ${JSON.stringify(name)}${meant}`,
        `Allowed members are ${known}. Remove or rename it.`,
      ),
    )
  }
  return [reportAt(issue.path, `${at}: ${issue.message}`, 'See docs/guides/adding-a-service.md.')]
}
