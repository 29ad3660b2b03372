import { formatInstant } from '../../../lib/instant.ts'
import type { Installation } from '../../installation.ts'
import { readKeys } from '../../keys/read-keys.ts'
import { type Anomaly, findAnomalies } from '../../usage/anomalies.ts'
import { readLastUsed } from '../../usage/last-used.ts'
import { queryUsage, readUsage } from '../../usage/read-usage.ts'
import { type RecordsQuestion, readRecords } from '../read-records.ts'
import { createTally, lengthShown, type Tally, type TallyResult } from './tally.ts'

export type UsageRow = {
  readonly name: string
  readonly requests: number
  /** Null if there is no usage journal. */
  readonly tokens: number | null
  readonly microUsd: number | null
}

export type UnusedKey = {
  readonly key: string
  readonly user: string
  /** ISO 8601, before the window; null if no use is known. */
  readonly lastUsedAt: string | null
}

type Overview = Pick<
  TallyResult,
  | 'requests'
  | 'hours'
  | 'reasons'
  | 'services'
  | 'refusedAddresses'
  | 'upstreamErrors'
  | 'acts'
  | 'lost'
>

/** The report of a window of time. Money is integer micro-dollars. */
export type AuditReport = Overview & {
  readonly since: string
  readonly until: string
  /** Whether only a part of the allowed requests is recorded. */
  readonly isSampled: boolean
  readonly suspicious?: {
    readonly addresses: TallyResult['suspicious']
    readonly bursts: TallyResult['bursts']
    readonly newAddresses: TallyResult['newAddresses']
    readonly securityEvents: TallyResult['securityEvents']
    readonly unusedKeys: readonly UnusedKey[]
    readonly unusualHours: readonly Anomaly[]
  }
  readonly users?: {
    readonly source: 'usage' | 'audit'
    readonly users: readonly UsageRow[]
    readonly models: readonly UsageRow[]
  }
}

export type ReportWanted = {
  readonly hours: number
  readonly hasSuspicious: boolean
  readonly hasUsers: boolean
}

type Deps = Pick<RecordsQuestion, 'onUnreadable'> & {
  /** Aborts when no more records are wanted. */
  readonly stopped: AbortSignal
}

const hourMs = 3_600_000

/**
 * Searches all records for suspicious ones: earlier records show from which addresses a key was
 * used before.
 */
export async function makeAuditReport(
  wanted: ReportWanted,
  installation: Installation,
  { stopped, onUnreadable }: Deps,
): Promise<AuditReport> {
  const { clock, auditFolder: folder, isAuditSampled: isSampled } = installation
  const now = clock()
  const sinceAt = now - wanted.hours * hourMs
  const tally = createTally(sinceAt)
  const from = wanted.hasSuspicious ? 0 : sinceAt
  for await (const block of readRecords({ folder, sinceAt: from, untilAt: null, onUnreadable })) {
    for (const { record } of block) tally.add(record)
    if (stopped.aborted) break
  }
  const { suspicious: addresses, users, models, ...found } = tally.result()
  const { bursts, newAddresses, securityEvents, ...overview } = found
  const counted = { users, models }
  return {
    since: formatInstant(sinceAt),
    until: formatInstant(now),
    isSampled,
    ...overview,
    ...(wanted.hasSuspicious && {
      suspicious: {
        addresses,
        bursts,
        newAddresses,
        securityEvents,
        unusedKeys: await findUnusedKeys(sinceAt, tally, installation),
        unusualHours: await findUnusualHours(sinceAt, installation),
      },
    }),
    ...(wanted.hasUsers && { users: await readUsers(counted, sinceAt, installation) }),
  }
}

async function findUnusedKeys(
  sinceAt: number,
  tally: Tally,
  installation: Installation,
): Promise<UnusedKey[]> {
  const keys = await readKeys(installation)
  const lastUsed = await readLastUsed(installation.stateDir)
  return keys.flatMap(({ id, user, disabled }) => {
    const principal = `key:${id}`
    const at = lastUsed.get(principal) ?? null
    if (disabled || tally.hasUsed(principal) || (at !== null && at >= sinceAt)) return []
    return [{ key: principal, user, lastUsedAt: at === null ? null : formatInstant(at) }]
  })
}

/** The last ones; none without a usage journal. */
async function findUnusualHours(sinceAt: number, { stateDir }: Installation): Promise<Anomaly[]> {
  const found = await queryUsage(stateDir, (queries) => findAnomalies(queries, sinceAt))
  return found?.slice(-lengthShown) ?? []
}

/**
 * From the usage journal, which has all requests, including those that the audit does not record.
 */
async function readUsers(
  counted: Pick<TallyResult, 'users' | 'models'>,
  sinceAt: number,
  { stateDir, timeZone }: Installation,
): Promise<NonNullable<AuditReport['users']>> {
  const read = async (by: 'user' | 'model'): Promise<UsageRow[] | null> => {
    const report = await readUsage(stateDir, { by, sinceAt, timeZone })
    if (report === null) return null
    return report.rows.map(({ name, requests, inputTokens, outputTokens, microUsd }) => {
      const tokens = inputTokens + outputTokens
      return { name: name ?? '(none)', requests, tokens, microUsd }
    })
  }
  const [users, models] = [await read('user'), await read('model')]
  if (users !== null && models !== null) return { source: 'usage', users, models }
  const toRows = (entries: TallyResult['users']) =>
    entries.map(({ name, count }) => ({ name, requests: count, tokens: null, microUsd: null }))
  return { source: 'audit', users: toRows(counted.users), models: toRows(counted.models) }
}
