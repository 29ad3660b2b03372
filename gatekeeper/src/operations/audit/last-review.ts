import type { AuditRecord } from '../../audit/chain.ts'
import { readRecords } from './read-records.ts'

/** Returns the record of the last review of keys and rights; null if there was none. */
export async function readLastReview(folder: string): Promise<AuditRecord | null> {
  const question = { folder, chains: ['acts'], sinceAt: 0, untilAt: null, onUnreadable: () => {} }
  let last: AuditRecord | null = null
  for await (const block of readRecords(question)) {
    last = block.findLast(({ record }) => record['event'] === 'review.done')?.record ?? last
  }
  return last
}
