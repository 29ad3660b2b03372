import { existsSync } from 'node:fs'
import { ownIssuerName } from '../../config/site-address.ts'
import { ProblemsError } from '../../lib/problem.ts'
import {
  type IssuerRecord,
  issuersAt,
  noteIssuerUse,
  readIssuer,
  requireSameIssuer,
  tokenLifeMsMax,
} from '../../oauth/issuer-file.ts'
import { ensureSigningKey, signingKeyPath } from '../../oauth/signing-key-file.ts'
import type { SigningKeys } from '../../oauth/signing-keys.ts'
import { openSigningKeys } from '../../oauth/signing-keys.ts'
import { signStatement } from '../../oauth/statement.ts'
import type { AppDeps } from '../app-deps.ts'

/**
 * Opens our signing keys, and the names that our tokens have. Without keys no token is issued, and
 * everything else works. Rejects with a ProblemsError if tokens were issued under another name.
 */
export async function openSigning(deps: AppDeps) {
  const issuers = await openIssuerNames(deps)
  const signing = await openKeys(deps)
  return {
    ...signing,
    name: 'signing',
    /** The names that our tokens have now; the first is that of new ones. */
    issuerNames: () => issuersAt(issuers, deps.clock()),
    /** For tokens that leave this process. */
    issuing: { signer: createIssuing(deps, issuers, signing) },
    /** Signs a statement about ourselves; null if there is no key. */
    sign: async (statement: object) => {
      const signer = signing.signer()
      return signer === null ? null : await signStatement(statement, signer)
    },
  }
}

async function openIssuerNames(deps: AppDeps): Promise<IssuerRecord> {
  const { settings, log, scratchDir } = deps
  const { sharedDir } = settings
  const issuer = ownIssuerName(settings)
  // An older version wrote no name down, and may have issued tokens.
  const isUsed = existsSync(signingKeyPath(sharedDir))
  const none: IssuerRecord = { issuer, isUsed, former: [] }
  try {
    if (scratchDir !== undefined) return { ...none, ...readIssuer(sharedDir), issuer }
    return await requireSameIssuer(sharedDir, { issuer, isUsed })
  } catch (error) {
    if (error instanceof ProblemsError) throw error
    log.error({ fault: (error as Error).name }, 'the issuer name cannot be written down')
    return none
  }
}

/** Notes with the first token that one has the name. Until that is written, each one tries again. */
function createIssuing(
  { settings, log }: AppDeps,
  { issuer, isUsed }: IssuerRecord,
  { signer }: SigningKeys,
): SigningKeys['signer'] {
  let isNoted = isUsed
  return () => {
    const found = signer()
    if (found === null || isNoted) return found
    isNoted = true
    noteIssuerUse(settings.sharedDir, issuer).catch((error: Error) => {
      isNoted = false
      log.error({ fault: error.name }, 'the use of the issuer name cannot be noted')
    })
    return found
  }
}

async function openKeys({ settings, clock, log, scratchDir }: AppDeps): Promise<SigningKeys> {
  const { sharedDir: stateDir, oauth } = settings
  const rotation = { algorithm: oauth.algorithm, leadMs: 10 * 60_000, lifetimeMs: tokenLifeMsMax }
  if (scratchDir === undefined) {
    await ensureSigningKey(stateDir, rotation, { clock }).catch((error: Error) =>
      log.error({ fault: error.name }, 'cannot create a signing key: no tokens are issued'),
    )
  }
  return await openSigningKeys({ stateDir, clock })
}
