import type { KeyRecord } from '../../gatekeeper/src/api-keys/key-record.ts'
import { hasTag } from '../../gatekeeper/src/api-keys/key-tag.ts'
import { parseDuration } from '../../gatekeeper/src/lib/duration.ts'
import { formatInstant } from '../../gatekeeper/src/lib/instant.ts'
import { exitCode, ProblemsError } from '../../gatekeeper/src/lib/problem.ts'
import { readKeyFile } from '../../gatekeeper/src/operations/keys/key-document.ts'
import { readLastUsed } from '../../gatekeeper/src/operations/usage/last-used.ts'
import { listOf, refusePositionals, stringOf, UsageError, type Words } from '../words/words.ts'
import type { Command } from './command.ts'
import { servicesOf, showInstant, stateOf, toJson } from './describe-key.ts'
import { formatTable } from './table.ts'

export const list: Command = {
  summary: 'show all keys, without their secrets',
  usage: '[--unused 90d] [--tag env=prod] [--user U]',
  options: {
    all: { type: 'boolean' },
    unused: { type: 'string' },
    tag: { type: 'string', multiple: true },
    user: { type: 'string', short: 'u' },
  },
  help: [
    '--unused D  keys that were neither made nor used within this time: 90d',
    '--tag T     keys with this tag: env=prod, or env for all of that name; repeat it for both',
    '--user U    keys of this user',
    '--all       the disabled and expired ones too, which are there without it as well',
  ],
  run: async (words, { file, services, clock, stateDir }) => {
    refusePositionals(words, ': --user, --tag and --unused choose keys')
    const keys = (await readKeyFile(file, services))?.keys ?? []
    const now = clock()
    const { lastUsed, notes } = await readUses(stateDir, stringOf(words, 'unused') !== undefined)
    const lastUsedAt = (id: string) => lastUsed.get(`key:${id}`) ?? null
    const wanted = keys.filter(createFilter(words, { now, lastUsedAt }))
    return {
      code: exitCode.ok,
      json: wanted.map((key) => {
        const at = lastUsedAt(key.id)
        return { ...toJson(key, now), lastUsedAt: at === null ? null : formatInstant(at) }
      }),
      notes,
      lines:
        wanted.length === 0
          ? [
              keys.length === 0
                ? `No keys in ${file}.`
                : `None of the ${keys.length} keys in ${file}.`,
            ]
          : toTable(wanted, { now, lastUsedAt }),
    }
  },
}

type Uses = { readonly now: number; readonly lastUsedAt: (id: string) => number | null }

function toTable(keys: readonly KeyRecord[], { now, lastUsedAt }: Uses): string[] {
  const heading = ['ID', 'USER', 'ROLE', 'SERVICES', 'STATE', 'EXPIRES', 'LAST USED', 'LIMITS']
  const hasTags = keys.some(({ tags }) => tags.length > 0)
  const hasDescriptions = keys.some(({ description }) => description !== null)
  const rows = keys.map((key) => [
    ...[key.id, key.user, key.role, servicesOf(key).join(','), stateOf(key, now)],
    ...[showInstant(key.expiresAt), showInstant(lastUsedAt(key.id))],
    key.limits.map(({ text }) => text).join(', '),
    ...(hasTags ? [key.tags.join(', ')] : []),
    ...(hasDescriptions ? [key.description ?? ''] : []),
  ])
  const more = [...(hasTags ? ['TAGS'] : []), ...(hasDescriptions ? ['DESCRIPTION'] : [])]
  return formatTable([[...heading, ...more], ...rows])
}

function createFilter(words: Words, { now, lastUsedAt }: Uses): (key: KeyRecord) => boolean {
  const tags = listOf(words, 'tag')
  const user = stringOf(words, 'user')
  const unused = stringOf(words, 'unused')
  const unusedMs = unused === undefined ? 0 : parseDuration(unused)
  if (unusedMs === null) throw new UsageError('--unused must be a duration such as 90d or 12h')
  const isUnused = (key: KeyRecord) =>
    Math.max(lastUsedAt(key.id) ?? 0, key.createdAt ?? 0) < now - unusedMs
  return (key) =>
    tags.every((tag) => hasTag(key.tags, tag)) &&
    (user === undefined || key.user === user) &&
    (unused === undefined || isUnused(key))
}

/**
 * The keys themselves are shown also when the database of uses cannot be read; but then nobody may
 * be told which ones are unused.
 */
async function readUses(stateDir: string, isNeeded: boolean) {
  try {
    return { lastUsed: await readLastUsed(stateDir), notes: [] }
  } catch (error) {
    if (isNeeded) throw error
    const why = error instanceof ProblemsError ? error.message : (error as Error).name
    return { lastUsed: new Map<string, number>(), notes: [`last uses are unknown: ${why}`] }
  }
}
