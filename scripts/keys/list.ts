import { parseDuration } from '../../gatekeeper/src/lib/duration.ts'
import { formatInstant } from '../../gatekeeper/src/lib/instant.ts'
import { stateOf, viewKey } from '../../gatekeeper/src/operations/keys/key-view.ts'
import { type FoundKeys, findKeys } from '../../gatekeeper/src/operations/keys/read-keys.ts'
import { formatTable } from '../frame/table.ts'
import { listOf, refusePositionals, stringOf, UsageError } from '../frame/words.ts'
import type { KeyCommand } from './context.ts'
import { servicesOf, showInstant } from './describe-key.ts'
import { readMakers } from './makers.ts'

export const list: KeyCommand = {
  summary: 'show all keys, without their secrets',
  usage: '[--unused 90d] [--tag env=prod] [--user U] [--team NAME]',
  options: {
    all: { type: 'boolean' },
    unused: { type: 'string' },
    tag: { type: 'string', multiple: true },
    user: { type: 'string', short: 'u' },
    team: { type: 'string' },
  },
  help: [
    '--unused D  keys that were neither made nor used within this time: 90d',
    '--tag T     keys with this tag: env=prod, or env with any value; repeat it for both',
    '--user U    keys of this user',
    '--team T    keys of this team',
    '--all       accepted for older scripts: disabled and expired keys are always shown',
  ],
  run: async (words, context) => {
    refusePositionals(words, ': --user, --team, --tag and --unused choose keys')
    const unused = stringOf(words, 'unused')
    const unusedMs = unused === undefined ? null : parseDuration(unused)
    if (unused !== undefined && unusedMs === null) {
      throw new UsageError('--unused must be a duration such as 90d or 12h')
    }
    const [user = null, team = null] = [stringOf(words, 'user'), stringOf(words, 'team')]
    const question = { user, team, tags: listOf(words, 'tag'), unusedMs }
    const { found, total, problem } = await findKeys(question, context)
    const now = context.clock()
    const nothing = total === 0 ? 'No keys' : `None of the ${total} keys`
    return {
      json: found.map(({ key, lastUsedAt: at }) => {
        return { ...viewKey(key, now), lastUsedAt: at === null ? null : formatInstant(at) }
      }),
      notes: problem === null ? [] : [`last uses are unknown: ${problem}`],
      lines:
        found.length === 0
          ? [`${nothing} in ${context.file}.`]
          : toTable(found, { now, nameMaker: await readMakers(context) }),
    }
  },
}

type Naming = { readonly now: number; readonly nameMaker: (id: string | null) => string }

function toTable(found: FoundKeys['found'], { now, nameMaker }: Naming): string[] {
  const heading = ['ID', 'USER', 'ROLE', 'SERVICES', 'STATE', 'EXPIRES', 'LAST USED', 'LIMITS']
  const hasMakers = found.some(({ key }) => key.madeBy !== null)
  const hasTeams = found.some(({ key }) => key.team !== null)
  const hasTags = found.some(({ key }) => key.tags.length > 0)
  const hasDescriptions = found.some(({ key }) => key.description !== null)
  const rows = found.map(({ key, lastUsedAt }) => [
    key.id,
    key.user,
    key.role,
    servicesOf(key).join(','),
    stateOf(key, now),
    showInstant(key.expiresAt),
    showInstant(lastUsedAt),
    key.limits.map(({ text }) => text).join(', '),
    ...(hasMakers ? [nameMaker(key.madeBy)] : []),
    ...(hasTeams ? [key.team ?? ''] : []),
    ...(hasTags ? [key.tags.join(', ')] : []),
    ...(hasDescriptions ? [key.description ?? ''] : []),
  ])
  const more = [
    ...(hasMakers ? ['MADE BY'] : []),
    ...(hasTeams ? ['TEAM'] : []),
    ...(hasTags ? ['TAGS'] : []),
    ...(hasDescriptions ? ['DESCRIPTION'] : []),
  ]
  return formatTable([[...heading, ...more], ...rows])
}
