/** Changes `keys/clients.json`. Secrets are created here and shown once by the caller. */

import type { Clock } from '../../lib/clock.ts'
import { readText } from '../../lib/files/change-file.ts'
import { formatInstant } from '../../lib/instant.ts'
import { didYouMean } from '../../lib/nearest.ts'
import { ProblemsError } from '../../lib/problem.ts'
import type { App } from '../../model/app.ts'
import type { Role } from '../../model/principal.ts'
import { type Client, defaultScopes } from '../../oauth/client.ts'
import { parseClientFile } from '../../oauth/client-file.ts'
import { createClientSecret, hashClientSecret } from '../../oauth/client-secret.ts'
import {
  changeDocument,
  createSecretEntry,
  rotateSecrets,
  type SecretEntry,
} from '../change-document.ts'

/** A client as the file has it. */
export type StoredClient = Client

/** The scope values of a client whose maker names none. */
export const scopesByDefault: readonly string[] = defaultScopes

/** The content of `clients.json`. Instants are ISO 8601. */
type ClientDocument = { version: 1; clients: Record<string, ClientEntry> }

type ClientEntry = {
  role: Role
  services: readonly string[]
  scopes: readonly string[]
  secrets: readonly SecretEntry[]
  disabled?: boolean
  models?: readonly string[]
  limits?: readonly string[]
  addresses?: readonly string[]
  createdAt?: string | null
  expiresAt?: string | null
  tokenSeconds?: number | null
  app?: App | null
  /** The id of the person who made it. */
  madeBy?: string
  team?: string | null
}

/** `expiresAt` is in epoch milliseconds, null is never; limits are texts. */
export type NewClient = Pick<
  Client,
  'id' | 'role' | 'services' | 'scopes' | 'models' | 'addresses' | 'expiresAt' | 'tokenSeconds'
> & {
  readonly limits: readonly string[]
  /** What its users may do; left out if it is no app. */
  readonly app?: App
  /** The id of the person who makes it; left out on the command line. */
  readonly madeBy?: string
  /** The name of its team; null or left out for none. */
  readonly team?: string | null
}

/** The changes of a client; missing members stay. `app` changes an app as a whole. */
export type ClientChange = Partial<Omit<NewClient, 'id' | 'madeBy'>> & {
  readonly disabled?: boolean
}

/** The id already exists, or no client has it. */
export class ClientIdError extends Error {
  override readonly name = 'ClientIdError'
  readonly exists: boolean

  constructor(message: string, { exists = false }: { readonly exists?: boolean } = {}) {
    super(message)
    this.exists = exists
  }
}

/** A pending change of a client; never contains a secret. */
export type ClientAct = {
  readonly event:
    | 'client.added'
    | 'client.changed'
    | 'client.rotated'
    | 'client.removed'
    | 'client.unwritten'
  readonly client: string
  /** The team of the client, if it has one. */
  readonly team?: string
  /** Names of the changed members. */
  readonly members?: readonly string[]
}

export type ClientWriterDeps = {
  readonly clock: Clock
  /** Records a pending change; if it rejects, the change is not made. */
  readonly record?: (acts: readonly ClientAct[]) => Promise<void>
  /**
   * Called under the lock with the client before the change, null if there is none. Nothing is
   * changed if it throws.
   */
  readonly judge?: (client: Client | null) => void
}

/** Adds a client and returns its secret, which is stored nowhere else. */
export async function addClient(
  file: string,
  wanted: NewClient,
  deps: ClientWriterDeps,
): Promise<string> {
  const secret = createClientSecret()
  await addEntry(file, { ...wanted, secrets: [toEntry(secret, deps)] }, deps)
  return secret
}

/** Adds a public app, which has no secret. */
export async function addPublicApp(
  file: string,
  wanted: NewClient,
  deps: ClientWriterDeps,
): Promise<void> {
  await addEntry(file, { ...wanted, secrets: [] }, deps)
}

async function addEntry(
  file: string,
  wanted: NewClient & { readonly secrets: readonly SecretEntry[] },
  deps: ClientWriterDeps,
): Promise<void> {
  const { id, expiresAt, ...members } = wanted
  const act = { event: 'client.added', client: id } as const
  await changeClients(file, { act, ...deps }, (document) => {
    if (Object.hasOwn(document.clients, id))
      throw new ClientIdError(`${id} already exists`, { exists: true })
    document.clients[id] = {
      ...members,
      createdAt: formatInstant(deps.clock()),
      expiresAt: expiresAt === null ? null : formatInstant(expiresAt),
    }
  })
}

/** Gives a client a new secret; the newest old one works for `overlapMs`. */
export async function rotateClient(
  file: string,
  rotation: { readonly id: string; readonly overlapMs: number },
  deps: ClientWriterDeps,
): Promise<string> {
  const secret = createClientSecret()
  const act = { event: 'client.rotated', client: rotation.id } as const
  await changeClients(file, { act, ...deps }, (document) => {
    const entry = findEntry(document, rotation.id)
    const { overlapMs } = rotation
    const next = toEntry(secret, deps)
    entry.secrets = rotateSecrets(entry.secrets, next, { now: deps.clock(), overlapMs })
  })
  return secret
}

/** Changes members of a client; its secrets stay. */
export async function editClient(
  file: string,
  { id, change }: { readonly id: string; readonly change: ClientChange },
  deps: ClientWriterDeps,
): Promise<void> {
  const members = Object.keys(change)
  const act = { event: 'client.changed', client: id, members } as const
  await changeClients(file, { act, ...deps }, (document) => {
    const { expiresAt, ...others } = change
    const entry: ClientEntry = Object.assign(findEntry(document, id), others)
    if (expiresAt !== undefined)
      entry.expiresAt = expiresAt === null ? null : formatInstant(expiresAt)
  })
}

export async function removeClient(
  file: string,
  id: string,
  deps: Pick<ClientWriterDeps, 'record' | 'judge'> = {},
): Promise<void> {
  const act = { event: 'client.removed', client: id } as const
  await changeClients(file, { act, ...deps }, (document) => {
    findEntry(document, id)
    delete document.clients[id]
  })
}

/** Returns every client of the file. Rejects with a ProblemsError if it is invalid. */
export async function readClients(file: string): Promise<readonly Client[]> {
  const text = await readText(file)
  return text === null ? [] : check(text, file)
}

function toEntry(secret: string, { clock }: ClientWriterDeps): SecretEntry {
  return createSecretEntry(hashClientSecret(secret), clock())
}

function findEntry(document: ClientDocument, id: string): ClientEntry {
  const entry = Object.hasOwn(document.clients, id) ? document.clients[id] : undefined
  if (entry !== undefined) return entry
  const meant = didYouMean(id, Object.keys(document.clients))
  throw new ClientIdError(
    `there is no client with this id${meant}; \`npm run keys -- client list\` lists them`,
  )
}

async function changeClients(
  path: string,
  { act, record, judge }: Pick<ClientWriterDeps, 'record' | 'judge'> & { readonly act: ClientAct },
  edit: (document: ClientDocument) => void,
): Promise<void> {
  const parse = (text: string | null): ClientDocument => {
    if (text === null) return { version: 1, clients: {} }
    check(text, path)
    return JSON.parse(text) as ClientDocument
  }
  const judged = (document: ClientDocument) => {
    judge?.(readEntry(document, act.client, path))
    const before = document.clients[act.client]?.team
    edit(document)
    team = document.clients[act.client]?.team ?? before ?? null
  }
  let team: string | null = null
  const recordAct = () => {
    const whole = { ...act, ...(team !== null && { team }) }
    return {
      record: async () => await record?.([whole]),
      recordUnwritten: async () => await record?.([{ ...whole, event: 'client.unwritten' }]),
    }
  }
  await changeDocument({ path, parse, record: recordAct }, judged)
}

/** A client as the service reads it; null if there is none. */
function readEntry({ clients }: ClientDocument, id: string, file: string): Client | null {
  if (!Object.hasOwn(clients, id)) return null
  const [found] = check(JSON.stringify({ version: 1, clients: { [id]: clients[id] } }), file)
  return found ?? null
}

function check(text: string, file: string): readonly Client[] {
  const { clients, problems } = parseClientFile(text, file)
  if (problems.length > 0) throw new ProblemsError(problems)
  return clients
}
