import { join } from 'node:path'
import { didYouMean } from '../lib/nearest.ts'
import type { Problem } from '../lib/problem.ts'
import { noCaps } from '../model/caps.ts'
import type { GatewayFile } from './gateway-schema.ts'
import { readAuthority } from './read-authority.ts'
import type { Settings } from './read-settings.ts'
import type { ReportAt } from './report-at.ts'
import { ownIssuerName } from './site-address.ts'

const hourMs = 3_600_000

/** The entries of `issuers`, in the form for verifying tokens. */
export type IssuerSettings = ReturnType<typeof toEntry>

type Deps = {
  readonly settings: Settings
  readonly reportAt: ReportAt
  readonly readSecret: (path: string) => string
  /** Names of the providers that are there. */
  readonly providers: readonly string[]
}

/** Reads the issuers; an unknown service, a repeated issuer, and our own issuer are problems. */
export function resolveIssuers(
  file: GatewayFile,
  deps: Deps,
): { issuers: readonly IssuerSettings[]; problems: readonly Problem[] } {
  const { reportAt, settings } = deps
  const known = [...Object.keys(file.services), ...deps.providers]
  const problems = file.issuers.flatMap(({ issuer, rules }, at) => {
    const isTwice = file.issuers.findIndex((other) => other.issuer === issuer) !== at
    const twice = reportAt(['issuers', at], `${issuer} is listed twice`, 'Keep one entry.')
    // Its rules would never be used: our own tokens name a client or a key, whose rights apply.
    const isOurs = issuer === ownIssuerName(settings)
    const ours = reportAt(
      ['issuers', at],
      `${issuer} is the issuer of the gatekeeper itself`,
      'Remove the entry.',
    )
    return [
      ...(isTwice ? [twice] : []),
      ...(isOurs ? [ours] : []),
      ...unknownServices(known, { at, rules }, reportAt),
    ]
  })
  const authorities = file.issuers.map((entry, at) => readCa(entry, at, deps))
  problems.push(...authorities.flatMap(({ problem }) => (problem === undefined ? [] : [problem])))
  const toIssuer = (entry: Entry, at: number) => toEntry(entry, { settings, ...authorities[at] })
  return { problems, issuers: file.issuers.map(toIssuer) }
}

function readCa(
  { issuer, keys, tls }: Entry,
  at: number,
  deps: Deps,
): { readonly ca?: string; readonly problem?: Problem } {
  if (tls === undefined) return {}
  const isAsked = 'url' in keys ? keys.url.startsWith('https:') : issuer.startsWith('https:')
  if ('file' in keys || !isAsked) {
    const what = `${issuer} has tls, but its keys are not fetched over https`
    return { problem: deps.reportAt(['issuers', at, 'tls'], what, 'Remove tls.') }
  }
  return readAuthority(tls.ca, ['issuers', at, 'tls', 'ca'], deps)
}

type Entry = GatewayFile['issuers'][number]

function toEntry(
  entry: Entry,
  { settings, ca }: { readonly settings: Settings; readonly ca?: string },
) {
  const { keys, keepKeysHours, rules, tls: _tls, ...members } = entry
  return {
    ...members,
    ...(ca !== undefined && { ca }),
    keys: toKeys(keys, settings),
    keepKeysMs: keepKeysHours * hourMs,
    rules: rules.map(({ when, caps, ...grant }) => ({
      when,
      grant: { ...grant, caps: caps ?? noCaps },
    })),
  }
}

/** The file must be in the key folder, so that it is mounted and watched like the others. */
function toKeys(keys: Entry['keys'], { keysDir }: Settings) {
  if ('file' in keys) return { file: join(keysDir, keys.file) }
  return { url: 'url' in keys ? keys.url : null }
}

function unknownServices(
  known: readonly string[],
  { at, rules }: { at: number; rules: Entry['rules'] },
  reportAt: ReportAt,
): Problem[] {
  return rules.flatMap(({ services }, rule) =>
    services
      .filter((name) => name !== '*' && !known.includes(name))
      .map((name) =>
        reportAt(
          ['issuers', at, 'rules', rule, 'services'],
          `there is no service ${JSON.stringify(name)}${didYouMean(name, known)}`,
          'Correct the name, or write "*" for every service.',
        ),
      ),
  )
}
