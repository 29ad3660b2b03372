import { didYouMean } from '../lib/nearest.ts'
import type { Problem } from '../lib/problem.ts'
import type { Service } from '../model/service.ts'
import { createKnownServices, namesOfAll } from '../policy/service-names.ts'
import type { TeamPolicies } from '../policy/team-policy.ts'
import type { GatewayFile } from './gateway-schema.ts'
import type { ReportAt } from './report-at.ts'

/** Our own endpoints for users of apps, which no team takes away. */
const ownOfApps = ['auth']

/** Reads the policies of teams; an unknown service is a problem. */
export function resolveTeams(
  { teams }: GatewayFile,
  services: readonly Service[],
  reportAt: ReportAt,
): { readonly teams: TeamPolicies; readonly problems: readonly Problem[] } {
  const { serviceNameOf, names } = createKnownServices(services)
  const expand = (word: string) =>
    word === '*' ? namesOfAll(services) : [serviceNameOf(word) ?? word]
  const problems = Object.entries(teams).flatMap(([team, policy]) =>
    (policy.services ?? []).flatMap((word, at) =>
      word === '*' || serviceNameOf(word) !== null
        ? []
        : reportAt(
            ['teams', team, 'services', at],
            `there is no service ${JSON.stringify(word)}${didYouMean(word, names)}`,
            'Correct the name, or leave services out for every service.',
          ),
    ),
  )
  const entries = Object.entries(teams).map(([team, policy]) => {
    const listed = policy.services?.flatMap(expand)
    const allowed = listed === undefined ? null : [...new Set([...listed, ...ownOfApps])]
    return [team, { limits: policy.limits, services: allowed, models: policy.models }] as const
  })
  return { teams: new Map(entries), problems }
}
