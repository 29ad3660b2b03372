import { openRevocations, revocationsPath } from '../../access-tokens/revocation.ts'
import type { AppDeps } from '../app-deps.ts'

/** Opens the list of revoked tokens. Rejects with a ProblemsError if its file is broken. */
export async function openRevoked({ settings, clock }: AppDeps) {
  const revocations = await openRevocations({ path: revocationsPath(settings.sharedDir), clock })
  return { ...revocations, name: 'revocations' }
}
