import type { KeyRecord } from '../../../gatekeeper/src/api-keys/key-record.ts'
import { isOver } from '../../../gatekeeper/src/operations/keys/key-view.ts'
import type { Examination } from '../examination.ts'
import type { Finding, Level } from '../finding.ts'
import type { KeySet } from '../key-sets.ts'
import type { Outside } from '../outside.ts'

const dayMs = 24 * 60 * 60 * 1000
const soonDays = 14
/** A key that was just made may well be unused. */
const unusedDays = 30

/** Key files that are broken, and keys that nobody needs or that will fail soon. */
export const keys: Examination = {
  name: 'keys',
  examine: ({ keySets, outside }) => keySets.flatMap((set) => judge(set, outside)),
}

function judge({ path, file }: KeySet, { clock, usage }: Outside): Finding[] {
  const now = clock()
  const living = file.keys.filter(({ disabled }) => !disabled)
  const valid = living.filter((key) => !isOver(endOf(key), now))
  const report = createReport(path)
  const isSoon = (key: KeyRecord) => isOver(endOf(key), now + soonDays * dayMs)
  const isEndless = (key: KeyRecord) => endOf(key) === null
  const isOld = ({ createdAt }: KeyRecord) => isOver(createdAt, now - unusedDays * dayMs)
  const isUnused = (key: KeyRecord) =>
    isOver((key.createdAt ?? 0) + unusedDays * dayMs, now) && usage?.lastUsedAt(key.id) === null
  const endless = valid.filter(isEndless)
  return [
    ...file.problems.map((problem) => ({ level: 'error' as const, ...problem })),
    ...file.warnings.map((problem) => ({ level: 'warning' as const, ...problem })),
    ...report('warning', valid.filter(isSoon), `expire within ${soonDays} days`, renew),
    ...report(
      'info',
      living.filter((key) => !valid.includes(key)),
      'have expired',
      remove,
    ),
    ...report('warning', endless.filter(isAdmin), 'are of role admin and never expire', renew),
    ...report(
      'info',
      endless.filter((key) => !isAdmin(key)),
      'never expire',
      renew,
    ),
    ...(usage === null
      ? report('info', valid.filter(isOld), 'are old, and whether they are used is unknown', look)
      : report('info', valid.filter(isUnused), `were not used since they were made`, remove)),
  ]
}

const renew = 'Give it a new end: npm run keys -- edit ID --expires 90d.'
const remove = 'Remove what nobody needs: npm run keys -- remove ID.'
const look = 'Ask their users, and disable what nobody needs: npm run keys -- disable ID.'

const isAdmin = ({ role }: KeyRecord) => role === 'admin'

/** When a key ends: by itself, or with the last of its secrets. */
function endOf({ expiresAt, secrets }: KeyRecord): number | null {
  const ends = secrets.map((secret) => secret.expiresAt ?? Number.POSITIVE_INFINITY)
  const last = Math.min(expiresAt ?? Number.POSITIVE_INFINITY, Math.max(...ends))
  return Number.isFinite(last) ? last : null
}

const shownMax = 5

/** One finding for all keys of a kind: a large key file must not bury the rest. */
function createReport(source: string) {
  return (level: Level, of: readonly KeyRecord[], what: string, remedy: string): Finding[] => {
    if (of.length === 0) return []
    const names = of.slice(0, shownMax).map(({ id, user }) => `${id} (${user})`)
    const more = of.length > shownMax ? ` and ${of.length - shownMax} more` : ''
    return [{ level, source, what: `${names.join(', ')}${more} ${what}`, remedy }]
  }
}
