import { formatInstant } from '../../lib/instant.ts'
import { signStatement } from '../../oauth/statement.ts'
import type { Installation } from '../installation.ts'
import { useSigningKeys } from '../tokens/open-tokens.ts'
import { readHeads } from './read-heads.ts'

/** Returns the current end of every chain; `signature` is null if there is no signing key. */
export async function signHeads(installation: Installation) {
  const at = formatInstant(installation.clock())
  const statement = { version: 1, at, heads: readHeads(installation.auditFolder) }
  const signature = await useSigningKeys(installation, async (keys) => {
    const signer = keys.signer()
    return signer === null ? null : await signStatement(statement, signer)
  })
  return { ...statement, signature }
}
