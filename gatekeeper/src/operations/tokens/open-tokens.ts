import { createOwnIssuers } from '../../access-tokens/own-issuer.ts'
import {
  openRevocations,
  type Revocations,
  revocationsPath,
} from '../../access-tokens/revocation.ts'
import {
  openTokenAuthentication,
  type TokenAuthentication,
} from '../../access-tokens/token-authentication.ts'
import { createKeyRing } from '../../api-keys/key-ring.ts'
import { createAppUserFinder } from '../../oauth/app-principal.ts'
import { isActiveClient } from '../../oauth/client.ts'
import { openSigningKeys, type SigningKeys } from '../../oauth/signing-keys.ts'
import { createDocumentFetcher } from '../../upstreams/fetch-document.ts'
import { readClients } from '../clients/client-writer.ts'
import { readEveryClient } from '../clients/read-clients.ts'
import type { Installation } from '../installation.ts'
import { readEveryKey } from '../keys/read-keys.ts'
import { readMakerBound } from '../people/read-maker-bound.ts'
import { readUsers } from '../users/user-writer.ts'
import { ownIssuers } from './own-issuers.ts'

export type OpenTokens = { readonly tokens: TokenAuthentication; readonly revocations: Revocations }

/**
 * Verifies tokens as the service does, with the same issuers, keys, clients and revocations. Of the
 * other issuers only the one that the token names is opened, so that no other is called for it.
 */
export async function useTokens<Result>(
  named: unknown,
  installation: Installation,
  use: (open: OpenTokens) => Promise<Result>,
): Promise<Result> {
  const { clock, sharedDir, services } = installation
  const names = ownIssuers(installation)
  const entries = installation.foreignIssuers().filter((entry) => entry.issuer === named)
  const [keys, clients, apps, users, boundByMaker] = await Promise.all([
    readEveryKey(installation),
    readEveryClient(installation),
    readClients(installation.clientsFile),
    readUsers(installation.usersFile),
    readMakerBound(installation),
  ])
  const ring = createKeyRing(keys, boundByMaker)
  const revocations = await openRevocations({ path: revocationsPath(sharedDir), clock })
  const signingKeys = await openSigningKeys({ stateDir: sharedDir, clock })
  const documents = createDocumentFetcher()
  const tokens = await openTokenAuthentication({
    entries,
    revocations,
    clock,
    fetchDocument: documents.fetch,
    findAppUser: createAppUserFinder({
      isEnded: revocations.isEnded,
      findClient: (id) => apps.find((one) => one.id === id && isActiveClient(one, clock())) ?? null,
      findException: (name) => users.get(name) ?? null,
      providerNames: Object.keys(installation.providerOrigins),
      boundByMaker,
    }),
    log: { warn: () => {} },
    own: createOwnIssuers(() => names, signingKeys),
    findClient: (id) =>
      clients.find((one) => one.id === id && isActiveClient(one, clock())) ?? null,
    findKey: (id) => ring.findById(id, clock()),
    boundByMaker,
    serviceNames: services.namesOfAll,
  })
  try {
    return await use({ tokens, revocations })
  } finally {
    for (const part of [tokens, signingKeys, revocations]) part.close()
    await documents.close()
  }
}

/** Runs `use` with the signing keys, and closes them. */
export async function useSigningKeys<Result>(
  { sharedDir, clock }: Pick<Installation, 'sharedDir' | 'clock'>,
  use: (keys: SigningKeys) => Promise<Result>,
): Promise<Result> {
  const keys = await openSigningKeys({ stateDir: sharedDir, clock })
  try {
    return await use(keys)
  } finally {
    keys.close()
  }
}
