import { createOwnIssuer } from '../../gatekeeper/src/access-tokens/own-issuer.ts'
import {
  openRevocations,
  type Revocations,
  revocationsPath,
} from '../../gatekeeper/src/access-tokens/revocation.ts'
import {
  openTokenAuthentication,
  type TokenAuthentication,
} from '../../gatekeeper/src/access-tokens/token-authentication.ts'
import { createKeyRing } from '../../gatekeeper/src/api-keys/key-ring.ts'
import {
  type Client,
  createFixedClient,
  isActiveClient,
} from '../../gatekeeper/src/oauth/client.ts'
import { openSigningKeys } from '../../gatekeeper/src/oauth/signing-keys.ts'
import { readClients } from '../../gatekeeper/src/operations/clients/client-writer.ts'
import { createDocumentFetcher } from '../../gatekeeper/src/upstreams/fetch-document.ts'
import type { Context } from './command.ts'
import { readEveryKey } from './read-credential.ts'

/** Who may hold a token: a client of the file or of the environment, good or not. */
export type KnownClient = Omit<Client, 'secrets'>

/** Every client, with those of the environment, which may call every service. */
export async function readEveryClient(context: Context): Promise<readonly KnownClient[]> {
  const fixed = context.oauth.clients.map(({ id, role }) => createFixedClient(id, role))
  return [...fixed, ...(await readClients(context.clientsFile))]
}

export type OpenTokens = { readonly tokens: TokenAuthentication; readonly revocations: Revocations }

/**
 * What the service asks of a token, asked here: the same issuers, keys, clients and revocations. Of
 * the other issuers only the one is opened that the token names: others are not to be called for it.
 */
export async function useTokens<Result>(
  named: unknown,
  context: Context,
  use: (open: OpenTokens) => Promise<Result>,
): Promise<Result> {
  const { clock, sharedDir, issuer, services } = context
  const entries = context.foreignIssuers().filter((entry) => entry.issuer === named)
  const [keys, clients] = await Promise.all([readEveryKey(context), readEveryClient(context)])
  const ring = createKeyRing(keys)
  const revocations = await openRevocations({ path: revocationsPath(sharedDir), clock })
  const signingKeys = await openSigningKeys({ stateDir: sharedDir, clock })
  const documents = createDocumentFetcher()
  const tokens = await openTokenAuthentication({
    ...{ entries, revocations, clock, fetchDocument: documents.fetch, log: { warn: () => {} } },
    own: createOwnIssuer(issuer, signingKeys),
    findClient: (id) =>
      clients.find((one) => one.id === id && isActiveClient(one, clock())) ?? null,
    findKey: (id) => ring.findById(id, clock()),
    serviceNames: services.names,
  })
  try {
    return await use({ tokens, revocations })
  } finally {
    for (const part of [tokens, signingKeys, revocations]) part.close()
    await documents.close()
  }
}
