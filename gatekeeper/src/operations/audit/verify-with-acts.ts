import { setTimeout as sleep } from 'node:timers/promises'
import { listChains } from '../../audit/segments.ts'
import { readStatement } from '../../oauth/statement.ts'
import { readKeysInActs } from './keys-in-acts.ts'
import { type VerifiedChain, verifyChain } from './verify-chain.ts'

/**
 * Verifies every chain with the keys that the acts name: for a process that sees no signing key. A
 * file that is not of this machine, such as heads that were exported, says more.
 */
export async function verifyWithActs(folder: string): Promise<readonly VerifiedChain[]> {
  const own = await readKeysInActs(folder)
  const deps = { folder, readStatement, isOwnKey: (kid: string) => own.has(kid), exported: [] }
  const chains: VerifiedChain[] = []
  for (const name of listChains(folder)) chains.push(await verifyQuietly(name, deps))
  return chains
}

const attempts = 5

/** The gatekeeper may be writing: an incomplete line or a new file is complete a moment later. */
export async function verifyQuietly(
  name: string,
  deps: Parameters<typeof verifyChain>[1],
): Promise<VerifiedChain> {
  for (let attempt = 1; ; attempt++) {
    const verified = await verifyChain(name, deps)
    if (verified.faults.length === 0 || attempt === attempts) return verified
    await sleep(100)
  }
}
