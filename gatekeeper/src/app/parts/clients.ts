import { join } from 'node:path'
import type { FixedClient } from '../../config/read-oauth.ts'
import { type Client, createFixedClient, isActiveClient } from '../../oauth/client.ts'
import { hashClientSecret } from '../../oauth/client-secret.ts'
import { openClientStore } from '../../oauth/client-store.ts'
import { createKnownServices } from '../../policy/service-names.ts'
import type { Log } from '../../telemetry/log.ts'
import type { AppDeps } from '../app-deps.ts'
import type { AuditPart } from './audit.ts'
import type { PeoplePart } from './people.ts'

/** Opens the clients of the authorization server. Rejects with a ProblemsError if a file is broken. */
export async function openClients(
  deps: AppDeps,
  {
    recordChange,
    isMakerActive,
  }: Pick<AuditPart, 'recordChange'> & Pick<PeoplePart, 'isMakerActive'>,
) {
  const { settings, services, clock, log } = deps
  const clients = await openClientStore({
    file: join(settings.keysDir, 'clients.json'),
    fixed: settings.oauth.clients.map((client) => toClient(client, log)),
    known: createKnownServices(services),
    isMakerActive,
    clock,
    log,
    onChange: (change) => recordChange('clients.reloaded', change),
  })
  return {
    ...clients,
    name: 'clients',
    /** The client, unless it is disabled or has expired; whoever made it is judged after that. */
    findActive: (id: string) => {
      const client = clients.find(id)
      return client !== null && isActiveClient(client, clock()) ? client : null
    },
  }
}

const secretCharsMin = 32

function toClient({ id, role, secret }: FixedClient, log: Log): Client {
  if (secret.length < secretCharsMin) {
    const remedy = 'Use 32 random characters or more: openssl rand -hex 32.'
    log.warn({ client: id, remedy }, 'the secret of a client is short and could be guessed')
  }
  return {
    ...createFixedClient(id, role),
    secrets: [{ sha256: hashClientSecret(secret), createdAt: null, expiresAt: null }],
  }
}
