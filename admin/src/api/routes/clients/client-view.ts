import { formatInstant } from '../../../../../gatekeeper/src/lib/instant.ts'
import {
  readClients,
  type StoredClient,
} from '../../../../../gatekeeper/src/operations/clients/client-writer.ts'
import {
  type KnownClient,
  readEveryClient,
} from '../../../../../gatekeeper/src/operations/clients/read-clients.ts'
import { isOver } from '../../../../../gatekeeper/src/operations/keys/key-view.ts'
import type { LastUses } from '../../../../../gatekeeper/src/operations/usage/last-uses.ts'
import type { ApiDeps } from '../../api-deps.ts'
import type { Caller } from '../../caller.ts'
import { isInScope, scopeOf } from '../../scope.ts'
import { askStandings, viewLimits } from '../keys/key-limits.ts'
import { viewMaker } from '../keys/key-view.ts'
import { toClientRefusal, unknownClient } from './change-clients.ts'
import type { ClientView } from './schema.ts'

/** What the endpoints of clients share. */
export type ClientParts = ApiDeps & { readonly lastUses: () => Promise<LastUses> }

/** A client of the file, or of the environment; that one shows no secrets. */
type Shown = KnownClient & Partial<Pick<StoredClient, 'secrets'>>

/** Returns every client, those of the environment too. */
export async function readShown({ installation }: ClientParts): Promise<readonly Shown[]> {
  try {
    return await readEveryClient(installation)
  } catch (error) {
    throw toClientRefusal(error)
  }
}

/** Returns a client of the file; rejects for one out of scope as for one that does not exist. */
export async function readStored(
  id: string,
  caller: Caller,
  { installation }: ClientParts,
): Promise<StoredClient> {
  const clients = await readClients(installation.clientsFile).catch((error) => {
    throw toClientRefusal(error)
  })
  const client = clients.find((one) => one.id === id)
  if (client === undefined || !isInScope(scopeOf(caller), client)) throw unknownClient()
  return client
}

const instant = (at: number | null) => (at === null ? null : formatInstant(at))

/** Returns clients as the API shows them: all of them except their secrets' hashes. */
export async function viewClients(
  clients: readonly Shown[],
  parts: ClientParts,
): Promise<readonly ClientView[]> {
  const [standings, uses] = await Promise.all([
    askStandings('clients', clients, parts),
    parts.lastUses(),
  ])
  const now = parts.clock()
  return clients.map((client) => {
    const { madeBy, secrets, app, team } = client
    return {
      ...{ id: client.id, isFixed: secrets === undefined, role: client.role },
      ...{ services: [...client.services], scopes: [...client.scopes] },
      ...{ models: [...client.models], addresses: [...client.addresses] },
      limits: viewLimits(client, standings),
      ...{ state: stateOf(client, now), disabled: client.disabled },
      ...viewMaker(madeBy, parts.people),
      expiresAt: instant(client.expiresAt),
      lastUsedAt: instant(uses.byId.get(client.id) ?? null),
      ...{ tokenSeconds: client.tokenSeconds, team },
      rotation: viewRotation(secrets ?? [], now),
      app: app === null ? null : copyApp(app),
    }
  })
}

function copyApp(app: NonNullable<Shown['app']>): NonNullable<ClientView['app']> {
  const { origins, providers, models, ...others } = app
  return { ...others, origins: [...origins], providers: [...providers], models: [...models] }
}

function stateOf(client: Shown, now: number): ClientView['state'] {
  if (client.disabled) return 'disabled'
  if (isOver(client.expiresAt, now)) return 'expired'
  return viewRotation(client.secrets ?? [], now) === null ? 'active' : 'rotating'
}

function viewRotation(secrets: StoredClient['secrets'], now: number): ClientView['rotation'] {
  const living = secrets.filter(({ expiresAt }) => !isOver(expiresAt, now))
  const [old] = living
  return living.length < 2 || old === undefined ? null : { oldUntil: instant(old.expiresAt) }
}
