import type { KeyRecord } from '../../../api-keys/key-record.ts'
import { isOver } from '../../keys/key-view.ts'
import type { LastUses } from '../context.ts'
import type { Examination } from '../examination.ts'
import type { Finding } from '../finding.ts'
import { findingOfKeys } from '../key-finding.ts'
import type { KeySet } from '../key-sets.ts'

const dayMs = 24 * 60 * 60 * 1000
const soonDays = 14
const unusedDays = 90

/** Key files that are broken, and keys that nobody needs or that will fail soon. */
export const keys: Examination = {
  name: 'keys',
  examine: async ({ keySets, settings, outside }) => {
    const lastUses = await outside.readLastUses(settings.stateDir)
    const now = outside.clock()
    return keySets.flatMap((set) => judge(set, { now, lastUses }))
  },
}

type Known = { readonly now: number; readonly lastUses: LastUses | null }

function judge({ path, file }: KeySet, { now, lastUses }: Known): Finding[] {
  const living = file.keys.filter(({ disabled }) => !disabled)
  const valid = living.filter((key) => !isOver(endOf(key), now))
  const isSoon = (key: KeyRecord) => isOver(endOf(key), now + soonDays * dayMs)
  const isOld = (at: number | null) => isOver(at ?? 0, now - unusedDays * dayMs)
  const unused = valid.filter(
    ({ id, createdAt }) => isOld(createdAt) && isOld(lastUses?.get(`key:${id}`) ?? null),
  )
  const endless = valid.filter((key) => endOf(key) === null)
  const over = living.filter((key) => !valid.includes(key))
  const report = (of: readonly KeyRecord[], finding: KeyFinding) =>
    findingOfKeys(of, { source: path, ...finding })
  return [
    ...file.problems.map((problem) => ({ level: 'error' as const, ...problem })),
    // What concerns a whole file of plain keys is a finding of `plain keys`.
    ...file.warnings
      .filter(({ line }) => line !== undefined || file.form !== 'plain map')
      .map((problem) => ({ level: 'warning' as const, ...problem })),
    ...report(valid.filter(isSoon), soon),
    ...report(over, { level: 'info', what: 'have expired', remedy: remove }),
    ...report(endless.filter(isAdmin), endlessAdmin),
    ...report(
      endless.filter((key) => !isAdmin(key)),
      { ...endlessAdmin, level: 'info', what: 'never expire' },
    ),
    ...report(unused, lastUses === null ? unknownUse : noUse),
  ]
}

const renew = 'Give it a new end: npm run keys -- edit ID --expires 90d.'
const remove = 'Remove what nobody needs: npm run keys -- remove ID.'

type KeyFinding = Omit<Finding, 'source'>

const soon: KeyFinding = {
  level: 'warning',
  what: `expire within ${soonDays} days`,
  remedy: renew,
}
const endlessAdmin: KeyFinding = {
  level: 'warning',
  what: 'are of role admin and never expire',
  remedy: renew,
  control: 'key-expiry',
}
const noUse: KeyFinding = {
  level: 'info',
  what: `were not used within ${unusedDays} days`,
  remedy: remove,
  control: 'unused-keys',
}
const unknownUse: KeyFinding = {
  ...noUse,
  what: 'are old, and whether they are used is unknown',
  remedy: 'Ask their users, and disable what nobody needs: npm run keys -- disable ID.',
}

const isAdmin = ({ role }: KeyRecord) => role === 'admin'

/** When a key ends: by itself, or with the last of its secrets. */
function endOf({ expiresAt, secrets }: KeyRecord): number | null {
  const ends = secrets.map((secret) => secret.expiresAt ?? Number.POSITIVE_INFINITY)
  const last = Math.min(expiresAt ?? Number.POSITIVE_INFINITY, Math.max(...ends))
  return Number.isFinite(last) ? last : null
}
