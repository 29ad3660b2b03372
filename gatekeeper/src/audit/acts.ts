/**
 * The chain of acts, as written by commands: one act, then the process ends. The gatekeeper writes
 * the same chain; a lock orders them.
 */
import { join } from 'node:path'
import type { Clock } from '../lib/clock.ts'
import type { AuditFields } from './chain.ts'
import { type ChainRules, openChain } from './chain-writer.ts'

const dayMs = 86_400_000
const segmentBytesMax = 16 * 1024 * 1024

/** Acts are few and never removed. A file a day at most, so that their heads are signed. */
export function actsRules(folder: string): ChainRules {
  return {
    name: 'acts',
    totalBytesMax: Number.POSITIVE_INFINITY,
    segmentBytesMax,
    ageMaxMs: null,
    segmentAgeMaxMs: dayMs,
    sharedLock: join(folder, 'acts.lock'),
  }
}

/**
 * Records acts; resolves when they are on the disk. Only the gatekeeper begins files and signs
 * heads, because it has the keys. Rejects as `node:fs` does.
 */
export async function recordActs(
  folder: string,
  acts: readonly AuditFields[],
  { clock }: { readonly clock: Clock },
): Promise<void> {
  const rules = { ...actsRules(folder), segmentAgeMaxMs: null, segmentBytesMax: Number.MAX_VALUE }
  const chain = openChain(rules, { folder, clock, sign: () => Promise.resolve(null) })
  try {
    await Promise.all(acts.map(chain.record))
  } finally {
    await chain.close()
  }
}
