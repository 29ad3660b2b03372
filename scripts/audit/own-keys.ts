import { readFileSync } from 'node:fs'
import type { AuditRecord } from '../../gatekeeper/src/audit/chain.ts'
import { ProblemsError } from '../../gatekeeper/src/lib/problem.ts'
import { openSigningKeys, type SigningKeys } from '../../gatekeeper/src/oauth/signing-keys.ts'
import { readRecords } from '../../gatekeeper/src/operations/audit/read-records.ts'
import type { AuditContext } from './command.ts'
import { questionOf } from './query.ts'

/** Runs `work` with the signing keys of the state folder. */
export async function withSigningKeys<T>(
  { settings, clock }: AuditContext,
  work: (keys: SigningKeys) => Promise<T>,
): Promise<T> {
  const keys = await openSigningKeys({ stateDir: settings.stateDir, clock })
  try {
    return await work(keys)
  } finally {
    keys.close()
  }
}

/**
 * Thumbprints of the keys that are ours: those that are published now, and those that the acts name,
 * since older ones are published no more. A file of a JSON Web Key Set that was kept elsewhere takes
 * the place of both: then nobody's word on this machine counts.
 */
export async function readOwnKeys(
  file: string | null,
  context: AuditContext,
): Promise<ReadonlySet<string>> {
  if (file !== null) return new Set(readKeySetFile(file))
  const published = await withSigningKeys(context, (keys) =>
    Promise.resolve(keys.publicSet().keys.flatMap(({ kid }) => kid ?? [])),
  )
  const known = new Set(published)
  const question = { ...questionOf(context), chains: ['acts'], onUnreadable: () => {} }
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
    throw new ProblemsError([{ source, what: 'holds no key set', remedy }])
  }
}
