import type { AuditRecord } from '../../audit/chain.ts'
import { readRecords } from './read-records.ts'

/** Returns the thumbprints of our keys that the acts name. Rejects as `node:fs` does. */
export async function readKeysInActs(folder: string): Promise<ReadonlySet<string>> {
  const known = new Set<string>()
  const question = { folder, chains: ['acts'], onUnreadable: () => {} }
  for await (const block of readRecords({ ...question, sinceAt: 0, untilAt: null })) {
    for (const id of block.flatMap(({ record }) => keysNamedIn(record))) known.add(id)
  }
  return known
}

function keysNamedIn({ event, kid, signingKeys }: AuditRecord): string[] {
  if (event === 'signing.rotated') return [String(kid)]
  const isStart = event === 'gatekeeper.started' && Array.isArray(signingKeys)
  return isStart ? signingKeys.map(String) : []
}
