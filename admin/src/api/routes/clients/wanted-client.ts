/** From the body of a call to the members of a client: faults by member, then values of the writer. */
import { formatInstant, parseInstant } from '../../../../../gatekeeper/src/lib/instant.ts'
import { didYouMean } from '../../../../../gatekeeper/src/lib/nearest.ts'
import { controlName } from '../../../../../gatekeeper/src/model/known-services.ts'
import { parseLimit } from '../../../../../gatekeeper/src/model/limit.ts'
import { findClientFaults } from '../../../../../gatekeeper/src/operations/clients/client-faults.ts'
import type {
  ClientChange,
  NewClient,
  StoredClient,
} from '../../../../../gatekeeper/src/operations/clients/client-writer.ts'
import type { ServiceNames } from '../../../../../gatekeeper/src/operations/installation.ts'
import { ApiError, type InvalidMember } from '../../api-error.ts'
import { mergePatch } from '../../merge-patch.ts'
import type { ClientBody } from './schema.ts'

/** A client in the form of the file, without its secrets. */
export type ClientDraft = {
  readonly role: NewClient['role']
  readonly services: readonly string[]
  readonly scopes?: readonly string[]
  readonly models?: readonly string[]
  readonly limits?: readonly string[]
  readonly addresses?: readonly string[]
  readonly expiresAt?: string
  readonly tokenSeconds?: number
  readonly disabled?: boolean
  readonly app?: ClientBody['app']
  readonly team?: string
}

type Deps = { readonly services: ServiceNames; readonly now: number }

const fresh: ClientDraft = { role: 'readwrite', services: [] }

/** Returns a new client as a body describes it, or throws an ApiError that lists what is wrong. */
export function readNewClient(id: string, body: ClientBody, deps: Deps): ClientDraft {
  const draft = mergeBody(fresh, body)
  return requireGood(id, draft, new Set([...Object.keys(body), 'services', 'app']), deps)
}

/** Returns a client with the members of a body in place of its own. */
export function readChangedClient(client: StoredClient, body: ClientBody, deps: Deps): ClientDraft {
  const draft = mergeBody(draftOf(client), body)
  if (client.app === null && body.app !== undefined) {
    const problems = [{ path: 'app', message: 'a client does not become an app: make a new one' }]
    throw new ApiError('invalid', 'The client is no app.', { problems })
  }
  return requireGood(client.id, draft, new Set(Object.keys(body)), deps)
}

/** In an app null is a value: no quota. So its members are replaced and never removed. */
function mergeBody(draft: ClientDraft, { app, ...body }: ClientBody): ClientDraft {
  const merged = mergePatch(draft, body) as ClientDraft
  return app === undefined
    ? merged
    : Object.assign({}, merged, { app: Object.assign({}, draft.app, app) })
}

function draftOf(client: StoredClient): ClientDraft {
  const { role, services, scopes, models, addresses, disabled, expiresAt, tokenSeconds } = client
  return {
    ...{ role, services, scopes, models, addresses, disabled },
    limits: client.limits.map(({ text }) => text),
    ...(expiresAt !== null && { expiresAt: formatInstant(expiresAt) }),
    ...(tokenSeconds !== null && { tokenSeconds }),
    ...(client.team !== null && { team: client.team }),
    ...(client.app !== null && { app: client.app as unknown as ClientBody['app'] }),
  }
}

const placeholder = { sha256: '0'.repeat(64) }

function requireGood(
  id: string,
  draft: ClientDraft,
  members: ReadonlySet<string>,
  { services, now }: Deps,
): ClientDraft {
  services.requireKnown()
  const isPublic = draft.app?.public === true
  const whole = Object.assign({}, draft, { secrets: isPublic ? [] : [placeholder] })
  const problems = [
    ...findClientFaults(id, whole),
    ...findServiceFaults(draft, services),
    ...findEndFaults(draft, now),
  ].filter(({ path }) => path === '' || members.has(path.split('.', 1)[0] ?? ''))
  if (problems.length === 0) return draft
  throw new ApiError('invalid', 'The client has members that are not valid.', { problems })
}

function findServiceFaults(draft: ClientDraft, known: ServiceNames): InvalidMember[] {
  const { services, app, role } = draft
  const { names, aliases, serviceNameOf } = known
  const isKnown = (name: string) => name === '*' || serviceNameOf(name) !== null
  const find = (given: readonly string[], path: string) =>
    given.flatMap((name, at) => {
      if (isKnown(name)) return []
      const meant = didYouMean(name, [...names, ...aliases]) || `; there are ${names.join(', ')}`
      return [{ path: `${path}.${at}`, message: `there is no such service${meant}` }]
    })
  const problems = [...find(services, 'services'), ...find(app?.providers ?? [], 'app.providers')]
  if (app === undefined && services.length === 0) {
    problems.push({ path: 'services', message: `names no service; there are ${names.join(', ')}` })
  }
  if (services.includes(controlName) && role !== 'admin') {
    const message = `the service ${controlName} needs the role admin`
    problems.push({ path: 'services', message })
  }
  return problems
}

function findEndFaults({ expiresAt }: ClientDraft, now: number): InvalidMember[] {
  const at = expiresAt === undefined ? null : parseInstant(expiresAt)
  return at === null || at > now ? [] : [{ path: 'expiresAt', message: 'lies in the past' }]
}

/** Returns a new client as the writer takes it. */
export function toNewClient(
  id: string,
  draft: ClientDraft,
  defaults: {
    readonly scopes: readonly string[]
    readonly madeBy: string | null
    readonly team: string | null
  },
): NewClient {
  const { app } = draft
  return {
    ...{ id, role: draft.role, services: draft.services },
    scopes: draft.scopes ?? defaults.scopes,
    ...{ models: draft.models ?? [], limits: limitsOf(draft), addresses: draft.addresses ?? [] },
    expiresAt: draft.expiresAt === undefined ? null : Date.parse(draft.expiresAt),
    tokenSeconds: draft.tokenSeconds ?? null,
    ...(app !== undefined && { app: app as unknown as NonNullable<NewClient['app']> }),
    ...(defaults.madeBy !== null && { madeBy: defaults.madeBy }),
    ...(defaults.team !== null && { team: defaults.team }),
  }
}

/** Returns the members that a body names as the writer takes them. */
export function toClientChange(draft: ClientDraft, body: ClientBody): ClientChange {
  const { scopes = [], models = [], addresses = [], disabled = false, app } = draft
  const expiresAt = draft.expiresAt === undefined ? null : Date.parse(draft.expiresAt)
  const values = {
    ...{ role: draft.role, services: draft.services, scopes, models, addresses, disabled, app },
    ...{ limits: limitsOf(draft), expiresAt, tokenSeconds: draft.tokenSeconds ?? null },
    team: draft.team ?? null,
  }
  const named = Object.entries(values).filter(([name]) => Object.hasOwn(body, name))
  return Object.fromEntries(named) as ClientChange
}

/** In their canonical form, as the command line writes them. */
function limitsOf({ limits = [] }: ClientDraft): readonly string[] {
  return limits.map((text) => parseLimit(text)?.text ?? text)
}
