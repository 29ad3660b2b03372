import { openRevocations, revocationsPath } from '../../access-tokens/revocation.ts'
import { didYouMean } from '../../lib/nearest.ts'
import { type Client, createFixedClient } from '../../oauth/client.ts'
import type { Installation } from '../installation.ts'
import { ownIssuers } from '../tokens/own-issuers.ts'
import { ClientIdError, readClients } from './client-writer.ts'

/** A client of `clients.json` or of the environment, active or not. */
export type KnownClient = Omit<Client, 'secrets'>

/** Returns every client. Those of the environment may call every service. */
export async function readEveryClient({
  oauth,
  clientsFile,
}: Pick<Installation, 'oauth' | 'clientsFile'>): Promise<readonly KnownClient[]> {
  const fixed = oauth.clients.map(({ id, role }) => createFixedClient(id, role))
  return [...fixed, ...(await readClients(clientsFile))]
}

/** Ends every token that the client holds now. Rejects with a ClientIdError for an unknown id. */
export async function revokeClient(id: string, installation: Installation): Promise<void> {
  const clients = await readEveryClient(installation)
  // A removed client has no valid token; a typing error must not look like a success.
  if (!clients.some((one) => one.id === id)) {
    const ids = clients.map((one) => one.id)
    throw new ClientIdError(
      `there is no client with this id${didYouMean(id, ids)}; \`client list\` shows them`,
    )
  }
  const { sharedDir, clock, record } = installation
  const revocations = await openRevocations({ path: revocationsPath(sharedDir), clock })
  try {
    await record([{ event: 'client.revoked', client: id }])
    for (const issuer of ownIssuers(installation)) {
      await revocations.revokeClient({ issuer, clientId: id })
    }
  } finally {
    revocations.close()
  }
}
