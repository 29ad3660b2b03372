/**
 * The OAuth clients in use: those of `keys/clients.json`, followed like the key files, and those of
 * the environment. A file that is invalid at the start stops the start.
 */
import type { Clock } from '../lib/clock.ts'
import { followFile } from '../lib/files/follow-file.ts'
import { describeUnreadable } from '../lib/files/text-file.ts'
import { type Problem, ProblemsError } from '../lib/problem.ts'
import type { Timers } from '../lib/timers.ts'
import type { KnownServices } from '../model/known-services.ts'
import { type Client, isActiveClient } from './client.ts'
import { findUnknownServices, parseClientFile } from './client-file.ts'
import { findSecret } from './client-secret.ts'

export type ClientStore = {
  /**
   * Returns the client of these credentials, or null: an unknown client, a wrong secret and a
   * disabled or expired client get the same answer in the same time.
   */
  readonly authenticate: (id: string, secret: string) => Client | null
  /** Returns the current state of the client, active or not; null if there is none. */
  readonly find: (id: string) => Client | null
  /** Returns whether it may act now: it is not disabled or expired, nor is the person who made it. */
  readonly isActive: (client: Client) => boolean
  /** Whether an app lists the web origin. */
  readonly isAppOrigin: (origin: string) => boolean
  readonly size: () => number
  /** Returns all clients, active or not. */
  readonly list: () => readonly Client[]
  /** Changes after each reload. */
  readonly version: () => number
  /** Why the clients in use are not those of the file; empty if they are. */
  readonly problems: () => readonly Problem[]
  /** Services that clients name and that do not exist. */
  readonly notes: () => readonly Problem[]
  readonly reload: () => Promise<void>
  readonly close: () => void
}

export type ClientStoreDeps = {
  readonly file: string
  /** Clients of the environment; one of the file with the same id is a problem. */
  readonly fixed: readonly Client[]
  readonly clock: Clock
  /** Returns whether the person with this id may use what they made; by default nobody may. */
  readonly isMakerActive?: (id: string) => boolean
  /** The existing services; without it names are not checked. */
  readonly known?: KnownServices
  readonly timers?: Timers
  /** Called with the changes of a reload. */
  readonly onChange?: (change: ClientSetChange) => void
  readonly log: {
    readonly info: (fields: object, message: string) => void
    readonly warn: (fields: object, message: string) => void
    readonly error: (fields: object, message: string) => void
  }
}

/** Follows the file. Rejects with a ProblemsError if it is invalid now. */
export async function openClientStore(deps: ClientStoreDeps): Promise<ClientStore> {
  const { file, log } = deps
  const followed = await followFile<ClientSet>({
    path: file,
    interpret: (text) => interpret(text, deps),
    absent: () => ({ byId: indexClients(deps.fixed), appOrigins: noOrigins, notes: [] }),
    unreadable: (code) => describeUnreadable(file, code),
    onChange: (before) => {
      const { byId } = followed.current()
      deps.onChange?.(compareClients(before.byId, byId))
      const [fields, problems] = [{ file, clients: byId.size }, followed.problems()]
      if (problems.length === 0) log.info(fields, 'clients reloaded')
      else
        log.error(
          { ...fields, problems },
          'clients not reloaded: the last valid clients stay in use',
        )
    },
    timers: deps.timers,
  })
  const find = (id: string) => followed.current().byId.get(id) ?? null
  const isMakerActive = deps.isMakerActive ?? (() => false)
  const isActive = (client: Client) =>
    isActiveClient(client, deps.clock()) && (client.madeBy === null || isMakerActive(client.madeBy))
  return {
    authenticate: (id, secret) => {
      const client = find(id)
      const at = findSecret(secret, client?.secrets.map((stored) => stored.sha256) ?? [])
      const expiresAt = client?.secrets[at]?.expiresAt ?? null
      if (client === null || at === -1 || !isActive(client)) return null
      return expiresAt === null || deps.clock() < expiresAt ? client : null
    },
    find,
    isActive,
    isAppOrigin: (origin) => followed.current().appOrigins.has(origin),
    size: () => followed.current().byId.size,
    list: () => [...followed.current().byId.values()],
    version: followed.version,
    problems: followed.problems,
    notes: () => followed.current().notes,
    reload: followed.reload,
    close: followed.close,
  }
}

/** Ids of the clients by which two sets differ. */
export type ClientSetChange = Readonly<Record<'added' | 'removed' | 'changed', readonly string[]>>

type ClientIndex = ReadonlyMap<string, Client>

type ClientSet = {
  readonly byId: ClientIndex
  readonly appOrigins: ReadonlySet<string>
  readonly notes: readonly Problem[]
}

const noOrigins: ReadonlySet<string> = new Set()

function originsOfApps(clients: readonly Client[]): ReadonlySet<string> {
  return new Set(clients.flatMap(({ app, disabled }) => (disabled ? [] : (app?.origins ?? []))))
}

function compareClients(before: ClientIndex, after: ClientIndex): ClientSetChange {
  const isSame = (id: string) => JSON.stringify(before.get(id)) === JSON.stringify(after.get(id))
  const ids = [...after.keys()]
  return {
    added: ids.filter((id) => !before.has(id)),
    removed: [...before.keys()].filter((id) => !after.has(id)),
    changed: ids.filter((id) => before.has(id) && !isSame(id)),
  }
}

function indexClients(clients: readonly Client[]): ReadonlyMap<string, Client> {
  return new Map(clients.map((client) => [client.id, client]))
}

function interpret(text: string, { file, fixed, known, log }: ClientStoreDeps): ClientSet {
  const { clients, problems } = parseClientFile(text, file)
  const twice = clients.filter(({ id }) => fixed.some((other) => other.id === id))
  const conflicts = twice.map(({ id }) => ({
    source: file,
    what: `the client ${id} is also set by OAUTH_CLIENT_ID_…`,
    remedy: 'Remove one of the two.',
  }))
  const all = [...problems, ...conflicts]
  if (all.length > 0) throw new ProblemsError(all)
  const notes = known === undefined ? [] : findUnknownServices(clients, file, known)
  for (const note of notes) log.warn({ ...note }, 'clients')
  const appOrigins = originsOfApps(clients)
  return { byId: indexClients([...fixed, ...clients]), appOrigins, notes }
}
