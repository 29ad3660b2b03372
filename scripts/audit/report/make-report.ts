import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { formatInstant } from '../../../gatekeeper/src/lib/instant.ts'
import { readRecords } from '../../../gatekeeper/src/operations/audit/read-records.ts'
import { readKeyFile } from '../../../gatekeeper/src/operations/keys/key-document.ts'
import { readLastUsed } from '../../../gatekeeper/src/operations/usage/last-used.ts'
import { readUsageReport } from '../../../gatekeeper/src/operations/usage/usage-report.ts'
import {
  closeDatabase,
  openForReading,
} from '../../../gatekeeper/src/usage/journal/sqlite/open-database.ts'
import { databaseIn } from '../../../gatekeeper/src/usage/journal/sqlite/sqlite-journal.ts'
import type { AuditContext } from '../command.ts'
import { questionOf } from '../query.ts'
import { createTally, type Tally, type TallyResult } from './tally.ts'

export type UsageRow = {
  readonly name: string
  readonly requests: number
  /** Null where the usage journal is not there. */
  readonly tokens: number | null
  readonly microUsd: number | null
}

export type UnusedKey = {
  readonly key: string
  readonly user: string
  /** ISO 8601, before the window; null is never, as far as is known. */
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

/** What `--json` writes. Money is integer micro-dollars. */
export type AuditReport = Overview & {
  readonly since: string
  readonly until: string
  /** Whether allowed requests are recorded in part only. */
  readonly isSampled: boolean
  readonly suspicious?: {
    readonly addresses: TallyResult['suspicious']
    readonly bursts: TallyResult['bursts']
    readonly newAddresses: TallyResult['newAddresses']
    readonly unusedKeys: readonly UnusedKey[]
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
  readonly isSampled: boolean
}

const hourMs = 3_600_000

/** Reads everything that is kept, since only that tells which addresses a key was used from before. */
export async function makeReport(
  wanted: ReportWanted,
  context: AuditContext,
): Promise<AuditReport> {
  const now = context.clock()
  const sinceAt = now - wanted.hours * hourMs
  const tally = createTally(sinceAt)
  const from = wanted.hasSuspicious ? 0 : sinceAt
  const question = { ...questionOf(context), sinceAt: from, untilAt: null }
  for await (const block of readRecords(question)) {
    for (const { record } of block) tally.add(record)
    if (context.stopped.aborted) break
  }
  const { suspicious, bursts, newAddresses, users, models, ...overview } = tally.result()
  const { isSampled } = wanted
  return {
    ...{ since: formatInstant(sinceAt), until: formatInstant(now), isSampled, ...overview },
    ...(wanted.hasSuspicious && {
      suspicious: {
        ...{ addresses: suspicious, bursts, newAddresses },
        unusedKeys: await findUnusedKeys(sinceAt, tally, context),
      },
    }),
    ...(wanted.hasUsers && { users: await readUsers({ users, models }, sinceAt, context) }),
  }
}

async function findUnusedKeys(
  sinceAt: number,
  tally: Tally,
  { settings }: AuditContext,
): Promise<UnusedKey[]> {
  const known = { serviceNameOf: (name: string) => name }
  const file = await readKeyFile(join(settings.keysDir, 'keys.json'), known)
  const lastUsed = await readLastUsed(settings.stateDir)
  return (file?.keys ?? []).flatMap(({ id, user, disabled }) => {
    const principal = `key:${id}`
    const at = lastUsed.get(principal) ?? null
    if (disabled || tally.hasUsed(principal) || (at !== null && at >= sinceAt)) return []
    return [{ key: principal, user, lastUsedAt: at === null ? null : formatInstant(at) }]
  })
}

/** From the usage journal, which has all requests, also those that the audit samples. */
async function readUsers(
  counted: Pick<TallyResult, 'users' | 'models'>,
  sinceAt: number,
  { settings, timeZone }: AuditContext,
): Promise<NonNullable<AuditReport['users']>> {
  const path = databaseIn(settings.stateDir)
  if (!existsSync(path)) {
    const toRows = (entries: TallyResult['users']) =>
      entries.map(({ name, count }) => ({ name, requests: count, tokens: null, microUsd: null }))
    return { source: 'audit', users: toRows(counted.users), models: toRows(counted.models) }
  }
  const opened = openForReading(path)
  try {
    const read = async (by: 'user' | 'model'): Promise<UsageRow[]> => {
      const { rows } = await readUsageReport(opened.queries, { by, sinceAt, timeZone })
      return rows.map(({ name, requests, inputTokens, outputTokens, microUsd }) => ({
        ...{ name: name ?? '(none)', requests, tokens: inputTokens + outputTokens, microUsd },
      }))
    }
    return { source: 'usage', users: await read('user'), models: await read('model') }
  } finally {
    await closeDatabase(opened)
  }
}
