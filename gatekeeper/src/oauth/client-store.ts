/**
 * The OAuth clients in force: those of `keys/clients.json`, followed like the key files, and those
 * of the environment. Broken at the start it stops the start; later the last good ones stay.
 */
import type { Clock } from '../lib/clock.ts'
import type { FileState } from '../lib/files/stable-read.ts'
import { describeEncoding } from '../lib/files/text-file.ts'
import { watchFile } from '../lib/files/watched-file.ts'
import { type Problem, ProblemsError } from '../lib/problem.ts'
import type { Timers } from '../lib/timers.ts'
import { type Client, isActiveClient } from './client.ts'
import { parseClientFile } from './client-file.ts'
import { findSecret } from './client-secret.ts'
import { findUnknownServices, type KnownServices } from './unknown-services.ts'

export type ClientStore = {
  /**
   * The client of these credentials, or null: an unknown client, a wrong secret and a disabled or
   * expired client are one answer, and take one time.
   */
  readonly authenticate: (id: string, secret: string) => Client | null
  /** The client as it is now, good or not; null where there is none. */
  readonly find: (id: string) => Client | null
  /** Whether it may act now: there, not disabled, not expired. */
  readonly isActive: (client: Client) => boolean
  readonly size: () => number
  /** Another number after each change. */
  readonly version: () => number
  /** Why what is in force is not what the file says; empty where all is well. */
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
  /** The services that there are; without it no name is judged. */
  readonly known?: KnownServices
  readonly timers?: Timers
  /** Told what a reload changed. */
  readonly onChange?: (change: ClientSetChange) => void
  readonly log: {
    readonly info: (fields: object, message: string) => void
    readonly warn: (fields: object, message: string) => void
    readonly error: (fields: object, message: string) => void
  }
}

/** Follows the file. Rejects with a ProblemsError where it is broken now. */
export async function openClientStore(deps: ClientStoreDeps): Promise<ClientStore> {
  let clients = indexClients(deps.fixed)
  let problems: readonly Problem[] = []
  let notes: readonly Problem[] = []
  let version = 0
  const apply = (state: FileState) => {
    version++
    const read = readState(state, deps)
    problems = read.problems
    if (problems.length > 0) return
    clients = indexClients([...deps.fixed, ...read.clients])
    notes = notesOn(read.clients, deps)
    for (const note of notes) deps.log.warn({ ...note }, 'clients')
  }
  const watched = await watchFile(
    deps.file,
    (state) => {
      const before = clients
      apply(state)
      deps.onChange?.(compareClients(before, clients))
      const fields = { file: deps.file, clients: clients.size }
      if (problems.length === 0) deps.log.info(fields, 'clients reloaded')
      else deps.log.error({ ...fields, problems }, 'clients not reloaded: the last good ones stay')
    },
    deps.timers,
  )
  apply(watched.first)
  if (problems.length > 0) {
    watched.close()
    throw new ProblemsError(problems)
  }
  const isActive = (client: Client) => isActiveClient(client, deps.clock())
  return {
    authenticate: (id, secret) => {
      const client = clients.get(id) ?? null
      const at = findSecret(secret, client?.secrets.map((stored) => stored.sha256) ?? [])
      const expiresAt = client?.secrets[at]?.expiresAt ?? null
      if (client === null || at === -1 || !isActive(client)) return null
      return expiresAt === null || deps.clock() < expiresAt ? client : null
    },
    find: (id) => clients.get(id) ?? null,
    isActive,
    size: () => clients.size,
    version: () => version,
    problems: () => problems,
    notes: () => notes,
    reload: () => watched.check(),
    close: watched.close,
  }
}

function notesOn(clients: readonly Client[], { file, known }: ClientStoreDeps): Problem[] {
  return known === undefined ? [] : findUnknownServices(clients, { source: file, known })
}

/** Ids of the clients by which two sets differ. */
export type ClientSetChange = Readonly<Record<'added' | 'removed' | 'changed', readonly string[]>>

type ClientIndex = ReadonlyMap<string, Client>

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

function readState(state: FileState, { file, fixed }: ClientStoreDeps) {
  if (state.kind === 'absent') return { clients: [], problems: [] }
  if (state.kind === 'unreadable') {
    const remedy = 'Make it readable for the user that the gatekeeper runs as.'
    const what = `cannot be read (${state.code})`
    const problem = describeEncoding(state.code) ?? { what, remedy }
    return { clients: [], problems: [{ source: file, ...problem }] }
  }
  const read = parseClientFile(state.text, file)
  const twice = read.clients.filter(({ id }) => fixed.some((other) => other.id === id))
  const problems = twice.map(({ id }) => ({
    source: file,
    what: `the client ${id} is set by OAUTH_CLIENT_ID_… as well`,
    remedy: 'Remove one of the two.',
  }))
  return { clients: read.clients, problems: [...read.problems, ...problems] }
}
