/** Clients and apps: what `npm run keys -- client` does. */
import { z } from 'zod'
import { formatInstant } from '../../../../../gatekeeper/src/lib/instant.ts'
import { controlName } from '../../../../../gatekeeper/src/model/known-services.ts'
import {
  addClient,
  addPublicApp,
  editClient,
  removeClient,
  rotateClient,
  scopesByDefault,
} from '../../../../../gatekeeper/src/operations/clients/client-writer.ts'
import { createLastUses } from '../../../../../gatekeeper/src/operations/usage/last-uses.ts'
import type { ApiDeps } from '../../api-deps.ts'
import { ApiError } from '../../api-error.ts'
import { pageOf } from '../../cursor.ts'
import { type Call, defineEndpoint, type Endpoint } from '../../endpoint.ts'
import { requireMatch, tagOf } from '../../etag.ts'
import { isInScope, scopeOf } from '../../scope.ts'
import { requireRecentSignIn } from '../keys/act-endpoints.ts'
import { ending, isDisabling } from '../keys/change-keys.ts'
import { makerOf } from '../keys/maker.ts'
import { requireUsable } from '../keys/within-access.ts'
import { requireUnusedId } from '../names.ts'
import { requireTeam, requireTeamKept } from '../teams.ts'
import { changeClientFile, writerDeps } from './change-clients.ts'
import { type ClientParts, readShown, readStored, viewClients } from './client-view.ts'
import {
  type ClientBody,
  type ClientQuery,
  clientChange,
  clientId,
  clientPage,
  clientQuery,
  clientView,
  madeClient,
  newClient,
  rotatedClient,
} from './schema.ts'
import { readChangedClient, readNewClient, toClientChange, toNewClient } from './wanted-client.ts'

const readers = ['owner', 'admin', 'auditor'] as const
const writers = ['owner', 'admin'] as const
const params = z.strictObject({ id: clientId })
const rotation = z.strictObject({ overlapHours: z.number().min(0).max(720).default(0) })

type ById<Body> = Call<{ readonly id: string }, unknown, Body>

/** A client that administers gets tokens that do what an admin can. */
const stepUpFor = ({ body }: { readonly body: ClientBody }) =>
  body.services?.includes(controlName) === true ? ('client.control' as const) : null

/** Returns the rows of `/clients`. */
export function clientEndpoints(deps: ApiDeps): readonly Endpoint[] {
  const { installation, clock } = deps
  const lastUses = createLastUses('client', { stateDir: installation.stateDir, clock })
  const parts: ClientParts = Object.assign({}, deps, { lastUses })
  return [...readRows(parts), ...writeRows(parts)]
}

function readRows(parts: ClientParts): readonly Endpoint[] {
  return [
    defineEndpoint({
      method: 'GET',
      path: '/clients',
      summary: 'Lists clients and apps, without their secrets.',
      roles: readers,
      query: clientQuery,
      answers: { 200: clientPage },
      handle: async (call) => ({ status: 200, body: await list(call, parts) }),
    }),
    defineEndpoint({
      method: 'GET',
      path: '/clients/:id',
      summary: 'Shows one client of the file; its ETag is for If-Match of a change.',
      roles: readers,
      params,
      answers: { 200: clientView },
      handle: async (call) => await answerClient(200, call, parts),
    }),
  ]
}

function writeRows(parts: ClientParts): readonly Endpoint[] {
  const { clientsFile } = parts.installation
  return [
    defineEndpoint({
      method: 'PUT',
      path: '/clients/:id',
      summary: 'Makes a client, or an app with the member app; its secret is in this answer alone.',
      condition: 'If-None-Match',
      roles: writers,
      event: 'client.added',
      stepUp: stepUpFor,
      params,
      body: newClient,
      answers: { 201: madeClient },
      handle: (call) => create(call, parts),
    }),
    defineEndpoint({
      method: 'PATCH',
      path: '/clients/:id',
      summary: 'Changes members of a client (RFC 7396); If-Match says which state was seen.',
      condition: 'If-Match',
      roles: writers,
      event: 'client.changed',
      stepUp: stepUpFor,
      params,
      body: clientChange,
      answers: { 200: clientView },
      handle: (call) => change(call, parts),
    }),
    defineEndpoint({
      method: 'DELETE',
      path: '/clients/:id',
      summary: 'Removes a client; its tokens stop working within two seconds.',
      roles: writers,
      event: 'client.removed',
      params,
      answers: { 204: null },
      handle: async (call) => {
        const { id } = call.params
        await changeClientFile(() => removeClient(clientsFile, id, writerDeps(ending(call), parts)))
        return { status: 204 }
      },
    }),
    defineEndpoint({
      method: 'POST',
      path: '/clients/:id/rotate',
      summary: 'Gives a client a new secret; the old one works as long as is asked for.',
      roles: writers,
      event: 'client.rotated',
      stepUp: async ({ params: { id }, caller }) => {
        const { services } = await readStored(id, caller, parts)
        return services.includes(controlName) ? 'client.control' : null
      },
      params,
      body: rotation,
      answers: { 200: rotatedClient },
      handle: (call) => rotate(call, parts),
    }),
  ]
}

async function list({ caller, query }: Call<unknown, ClientQuery, unknown>, parts: ClientParts) {
  const { limit, cursor, q, kind, team } = query
  const scope = scopeOf(caller)
  const text = q?.trim().toLowerCase() ?? ''
  const all = (await readShown(parts)).filter(
    (one) =>
      isInScope(scope, one) &&
      (team === undefined || one.team === team) &&
      one.id.toLowerCase().includes(text),
  )
  const apps = all.filter(({ app }) => app !== null)
  const counts = { all: all.length, app: apps.length, client: all.length - apps.length }
  const found =
    kind === undefined ? all : all.filter(({ app }) => (app !== null) === (kind === 'app'))
  const sorted = found.toSorted((one, other) => (one.id < other.id ? -1 : 1))
  const positionOf = ({ id }: { readonly id: string }) => ({ by: id, id })
  const order = { q: text, kind, team, of: scope.team }
  const { items, next, total } = pageOf(sorted, { limit, cursor }, { order, positionOf })
  return { items: await viewClients(items, parts), next, total, counts }
}

async function answerClient(
  status: number,
  { params: { id }, caller }: ById<unknown>,
  parts: ClientParts,
  more: object = {},
) {
  const client = await readStored(id, caller, parts)
  const [view] = await viewClients([client], parts)
  return { status, body: Object.assign({}, more, view), etag: tagOf(client) }
}

async function create(call: ById<ClientBody>, parts: ClientParts) {
  const { caller, params: at, isCreation, body } = call
  if (!isCreation) {
    throw new ApiError('precondition_required', 'Send If-None-Match: * to make a client.')
  }
  const { installation } = parts
  const { services, clientsFile, oauth } = installation
  const fixed = oauth.clients.some(({ id }) => id === at.id)
  if (fixed) throw new ApiError('exists', 'The environment has a client with this id.')
  const draft = readNewClient(at.id, body, { services, now: parts.clock() })
  const maker = await makerOf(caller, parts)
  requireUsable(draft, { maker, services })
  const team = requireTeam(caller, body.team)
  await requireUnusedId(caller, { kind: 'client', id: at.id }, parts)
  const wanted = toNewClient(at.id, draft, {
    ...{ scopes: scopesByDefault, madeBy: maker?.id ?? null, team },
  })
  // A taken id is taken, whoever has it.
  const { judge: _, ...deps } = writerDeps(call, parts)
  const secret = await changeClientFile(async () => {
    if (wanted.app?.public !== true) return await addClient(clientsFile, wanted, deps)
    await addPublicApp(clientsFile, wanted, deps)
    return null
  })
  return await answerClient(201, call, parts, { secret })
}

async function change(call: ById<ClientBody>, parts: ClientParts) {
  const { params: at, body, ifMatch } = call
  const { services, clientsFile } = parts.installation
  const client = await readStored(at.id, call.caller, parts)
  requireMatch(ifMatch, tagOf(client))
  requireTeamKept(call.caller, client, body)
  const draft = readChangedClient(client, body, { services, now: parts.clock() })
  const edited = { id: at.id, change: toClientChange(draft, body) }
  const recording = isDisabling(body) ? ending(call) : call
  await changeClientFile(() => editClient(clientsFile, edited, writerDeps(recording, parts)))
  return await answerClient(200, call, parts)
}

async function rotate(call: ById<z.output<typeof rotation>>, parts: ClientParts) {
  const { params: at, body, caller } = call
  const client = await readStored(at.id, call.caller, parts)
  if (client.app?.public === true) {
    throw new ApiError('conflict', 'A public app has no secret to rotate.')
  }
  requireRecentSignIn(caller, parts.clock)
  const overlapMs = Math.round(body.overlapHours * 3_600_000)
  const { clientsFile } = parts.installation
  const rotated = { id: at.id, overlapMs }
  const deps = writerDeps(call, parts)
  const secret = await changeClientFile(() => rotateClient(clientsFile, rotated, deps))
  const oldWorksUntil = overlapMs === 0 ? null : formatInstant(parts.clock() + overlapMs)
  return await answerClient(200, call, parts, { secret, oldWorksUntil })
}
