import { readFileSync } from 'node:fs'
import type { AuditRecord } from '../../audit/chain.ts'
import { ProblemsError } from '../../lib/problem.ts'
import type { Installation } from '../installation.ts'
import { useSigningKeys } from '../tokens/open-tokens.ts'
import { readRecords } from './read-records.ts'

/**
 * Returns the thumbprints of our keys: the published ones, and older ones that the acts name. A
 * file with a JSON Web Key Set that was stored elsewhere replaces both, so that nothing on this
 * machine need be trusted.
 */
export async function readOwnKeys(
  file: string | null,
  installation: Installation,
): Promise<ReadonlySet<string>> {
  if (file !== null) return new Set(readKeySetFile(file))
  const published = await useSigningKeys(installation, (keys) =>
    Promise.resolve(keys.publicSet().keys.flatMap(({ kid }) => kid ?? [])),
  )
  return new Set([...published, ...(await readKeysInActs(installation.auditFolder))])
}

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

function readKeySetFile(source: string): string[] {
  try {
    const { keys } = JSON.parse(readFileSync(source, 'utf8')) as { keys: { kid?: string }[] }
    return keys.flatMap(({ kid }) => kid ?? [])
  } catch {
    const remedy = 'Name a file with a JSON Web Key Set, as /.well-known/jwks.json gives it.'
    throw new ProblemsError([{ source, what: 'does not contain a key set', remedy }])
  }
}
