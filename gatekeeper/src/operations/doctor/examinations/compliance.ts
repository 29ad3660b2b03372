import { join } from 'node:path'
import type { KeyRecord } from '../../../api-keys/key-record.ts'
import type { Gateway } from '../../../config/gateway-file.ts'
import { readLastReview } from '../../audit/last-review.ts'
import { isOver } from '../../keys/key-view.ts'
import { readPeople } from '../../people/people-writer.ts'
import type { InstallationContext } from '../context.ts'
import type { Examination } from '../examination.ts'
import type { Finding } from '../finding.ts'
import { findingOfKeys } from '../key-finding.ts'
import type { KeySet } from '../key-sets.ts'

/** What auditors ask for and no other examination finds; every finding names its control. */
export const compliance: Examination = {
  name: 'compliance',
  examine: async (context) => [
    // Nothing can be said about rules that cannot be read.
    ...(context.gateway.problems.length > 0 ? [] : await judgeRules(context)),
    ...context.keySets.flatMap(judgeKeys),
    ...(await judgeReview(context)),
  ],
}

async function judgeRules({
  gateway,
  keySets,
  settings: { configFile, keysDir },
  outside,
}: InstallationContext): Promise<Finding[]> {
  const limited = await findLimitedMakers(join(keysDir, 'people.json'))
  const hasLimit = (key: KeyRecord) =>
    isLimited(key, gateway) || (key.madeBy !== null && limited.has(key.madeBy))
  const isValid = ({ disabled, expiresAt }: KeyRecord) =>
    !disabled && !isOver(expiresAt, outside.clock())
  const unlimited = keySets.flatMap(({ path, file }) =>
    findingOfKeys(
      file.keys.filter((key) => isValid(key) && !hasLimit(key)),
      {
        ...{ level: 'info', source: path, control: 'use-limits' },
        what: 'have no limit of requests, tokens or money',
        remedy: 'Set one: npm run keys -- edit ID --limit 60/min, or limits in gatekeeper.yaml.',
      },
    ),
  )
  const origins = gateway.services.flatMap(({ name, origins }) =>
    origins.filter(isOpenHttp).map((origin) => `${origin} (${name})`),
  )
  return [...judgeAudit(gateway, configFile), ...unlimited, ...judgeOrigins(configFile, origins)]
}

/** The ids of people whose limits count for everything that they made. A broken file is another finding. */
async function findLimitedMakers(peopleFile: string): Promise<ReadonlySet<string>> {
  const people = await readPeople(peopleFile).catch(() => [])
  return new Set(people.filter(({ access }) => access?.limits.length).map(({ id }) => id))
}

/** Whether a limit applies to every request of the key, its own or one of a policy. */
function isLimited(key: KeyRecord, { policies, services }: Gateway): boolean {
  const applying = [
    ...[...key.limits, ...policies.limits, ...(policies.roles[key.role]?.limits ?? [])],
    ...(policies.users.get(key.user)?.limits ?? []),
    ...(policies.teams.get(key.team ?? '')?.limits ?? []),
  ]
  const called = services.filter(({ name }) => key.services.includes(name))
  return applying.length > 0 || called.every(({ limits }) => limits.length > 0)
}

function judgeAudit({ audit: { allowed } }: Gateway, source: string): Finding[] {
  if (allowed === 'all') return []
  const what = `audit.allowed is ${allowed}: who used what is recorded only ${allowed === 'none' ? 'for refusals and acts' : 'in part'}`
  const remedy = 'Write audit: {allowed: all}.'
  const level = allowed === 'none' ? 'warning' : 'info'
  return [{ level, source, what, remedy, control: 'audit-trail' }]
}

function judgeKeys({ path, file }: KeySet): Finding[] {
  const origins = file.keys.flatMap(({ id, origins: own }) =>
    own.filter(isOpenHttp).map((origin) => `${origin} (key ${id})`),
  )
  const mixed = file.keys.filter(
    ({ tags }) => new Set(tags.filter((tag) => tag.startsWith('env='))).size > 1,
  )
  return [
    ...judgeOrigins(path, origins),
    ...findingOfKeys(mixed, {
      ...{ level: 'warning', source: path, control: 'separate-environments' },
      what: 'are tagged with two environments',
      remedy: 'Make a key for each: npm run keys -- add --tag env=prod.',
    }),
  ]
}

/** A key in a page that came over HTTP can be read and changed on the way; not on this machine. */
function isOpenHttp(origin: string): boolean {
  if (!origin.startsWith('http://')) return false
  const { hostname } = new URL(origin)
  return !/^(?:(?:.+\.)?localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname)
}

function judgeOrigins(source: string, origins: readonly string[]): Finding[] {
  if (origins.length === 0) return []
  const what = `allows pages that are not encrypted: ${origins.slice(0, 5).join(', ')}${origins.length > 5 ? ' …' : ''}`
  const remedy = 'Serve these pages over HTTPS, and write https:// here.'
  return [{ level: 'warning', source, what, remedy, control: 'encrypted-pages' }]
}

/** Without a review, the time begins when the oldest key was made. */
async function judgeReview({
  keySets,
  settings,
  gateway,
  outside,
}: InstallationContext): Promise<Finding[]> {
  const keys = keySets.flatMap(({ file }) => file.keys)
  if (keys.length === 0 || gateway.problems.length > 0) return []
  const last = await readLastReview(join(settings.stateDir, 'audit'))
  const made = Math.min(...keys.map(({ createdAt }) => createdAt ?? 0))
  const beganAt = last === null ? made : Date.parse(last.at)
  if (outside.clock() - beganAt <= gateway.reviewEveryMs) return []
  const days = Math.floor(gateway.reviewEveryMs / 86_400_000)
  const what =
    last === null
      ? `nobody has reviewed the keys, some of which are older than ${days} days`
      : `keys and rights were last reviewed on ${last.at.slice(0, 10)}, more than ${days} days ago`
  const remedy = 'Review them: npm run keys -- review; then npm run keys -- review --done.'
  const source = settings.keysDir
  return [{ level: 'warning', source, what, remedy, control: 'access-review' }]
}
