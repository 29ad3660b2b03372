import { tokenDaysMax } from '../../model/app.ts'
import { ensureSigningKey } from '../../oauth/signing-key-file.ts'
import type { SigningKeys } from '../../oauth/signing-keys.ts'
import { openSigningKeys } from '../../oauth/signing-keys.ts'
import { signStatement } from '../../oauth/statement.ts'
import type { AppDeps } from '../app-deps.ts'

/** No token lasts longer, whatever its client or app says; old keys verify for as long. */
const lifetimeMs = tokenDaysMax * 86_400_000

/** Opens our signing keys. Without them no token is issued, and everything else works. */
export async function openSigning(deps: AppDeps) {
  const signing = await openKeys(deps)
  return {
    ...signing,
    name: 'signing',
    /** Signs a statement about ourselves; null if there is no key. */
    sign: async (statement: object) => {
      const signer = signing.signer()
      return signer === null ? null : await signStatement(statement, signer)
    },
  }
}

async function openKeys({ settings, clock, log, scratchDir }: AppDeps): Promise<SigningKeys> {
  const { sharedDir: stateDir, oauth } = settings
  const rotation = { algorithm: oauth.algorithm, leadMs: 10 * 60_000, lifetimeMs }
  if (scratchDir === undefined) {
    await ensureSigningKey(stateDir, rotation, { clock }).catch((error: Error) =>
      log.error({ fault: error.name }, 'cannot create a signing key: no tokens are issued'),
    )
  }
  return await openSigningKeys({ stateDir, clock })
}
