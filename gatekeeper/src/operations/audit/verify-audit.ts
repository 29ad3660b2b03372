import { readFileSync } from 'node:fs'
import { listChains } from '../../audit/segments.ts'
import { ProblemsError } from '../../lib/problem.ts'
import { readStatement } from '../../oauth/statement.ts'
import type { Installation } from '../installation.ts'
import { type ChainPlace, isChainPlace } from './chain-place.ts'
import { readOwnKeys } from './own-keys.ts'
import type { VerifiedChain } from './verify-chain.ts'
import { verifyQuietly } from './verify-with-acts.ts'

/** Files that are stored off this machine; null if there are none. */
export type Kept = {
  /** Heads from `signHeads`. */
  readonly headsFile: string | null
  /** Our published key set. */
  readonly keysFile: string | null
}

/** Verifies every chain of the audit. Rejects with a ProblemsError for a file that is not genuine. */
export async function verifyAudit(
  { headsFile, keysFile }: Kept,
  installation: Installation,
): Promise<readonly VerifiedChain[]> {
  const own = await readOwnKeys(keysFile, installation)
  const isOwnKey = (kid: string) => own.has(kid)
  const exported = headsFile === null ? [] : await readExported(headsFile, isOwnKey)
  const folder = installation.auditFolder
  const names = new Set([...listChains(folder), ...exported.map(({ chain }) => chain)])
  const deps = { folder, readStatement, isOwnKey, exported }
  const chains: VerifiedChain[] = []
  for (const name of names) chains.push(await verifyQuietly(name, deps))
  return chains
}

async function readExported(
  source: string,
  isOwnKey: (kid: string) => boolean,
): Promise<readonly ChainPlace[]> {
  const refuse = (what: string) => {
    const remedy = 'Name a file that `npm run audit -- export` gave, as it was.'
    return new ProblemsError([{ source, what, remedy }])
  }
  const { signature, ...said } = readJson(source) ?? {}
  if (typeof signature !== 'string') throw refuse('does not contain signed heads')
  const read = await readStatement(signature)
  if (read === null || JSON.stringify(read.statement) !== JSON.stringify(said)) {
    throw refuse('was changed: its signature does not match')
  }
  if (!isOwnKey(read.kid)) throw refuse('is signed by an unknown key')
  const { heads } = read.statement
  if (!Array.isArray(heads) || !heads.every(isChainPlace)) throw refuse('does not contain heads')
  return heads
}

function readJson(source: string): Record<string, unknown> | null {
  try {
    return JSON.parse(readFileSync(source, 'utf8')) as Record<string, unknown>
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const what = code === undefined ? 'is not JSON' : `cannot be read (${code})`
    throw new ProblemsError([{ source, what, remedy: 'Name a readable file.' }])
  }
}
