import { hasName } from '../../audit/subjects.ts'
import { readRecords } from '../audit/read-records.ts'
import type { Installation } from '../installation.ts'

/** Records from before the audit had references: they keep the name until they are removed. */
export type OldRecords = {
  /** Records of requests that have the name. */
  readonly requests: number
  /** The day on which the last of them is removed (`2026-12-31`); null without any. */
  readonly until: string | null
  /** Records of acts that have the name; they are never removed. */
  readonly acts: number
}

const dayMs = 86_400_000

/** Reads every record as it is stored. Rejects as `node:fs` does. */
export async function findOldRecords(
  name: string,
  { auditFolder: folder, auditRetainDays }: Installation,
): Promise<OldRecords> {
  const names = new Set([name])
  const find = async (chains?: readonly string[]) => {
    const question = { folder, sinceAt: 0, untilAt: null, isStored: true, onUnreadable: () => {} }
    let [count, last] = [0, '']
    for await (const block of readRecords({ ...question, ...(chains && { chains }) })) {
      for (const { record } of block.filter((found) => hasName(found.record, names))) {
        count++
        last = record.at
      }
    }
    return { count, last }
  }
  const [acts, all] = [await find(['acts']), await find()]
  const requests = all.count - acts.count
  // Whole files are removed, so up to a day more is kept.
  const endAt = Date.parse(all.last) + (auditRetainDays + 1) * dayMs
  const until = requests === 0 ? null : new Date(endAt).toISOString().slice(0, 10)
  return { requests, until, acts: acts.count }
}
