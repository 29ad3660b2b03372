import { readFileSync } from 'node:fs'
import { ProblemsError } from '../../lib/problem.ts'
import type { Installation } from '../installation.ts'
import { useSigningKeys } from '../tokens/open-tokens.ts'
import { readKeysInActs } from './keys-in-acts.ts'

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

function readKeySetFile(source: string): string[] {
  try {
    const { keys } = JSON.parse(readFileSync(source, 'utf8')) as { keys: { kid?: string }[] }
    return keys.flatMap(({ kid }) => kid ?? [])
  } catch {
    const remedy = 'Name a file with a JSON Web Key Set, as /.well-known/jwks.json gives it.'
    throw new ProblemsError([{ source, what: 'does not contain a key set', remedy }])
  }
}
