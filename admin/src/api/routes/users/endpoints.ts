/**
 * Users of apps: who they are, what they used, and quotas that differ from those of their app. The
 * id of a user is the base64url of the name `APP:USER`, whose characters a path may not have.
 */
import { z } from 'zod'
import { formatInstant } from '../../../../../gatekeeper/src/lib/instant.ts'
import { readClients } from '../../../../../gatekeeper/src/operations/clients/client-writer.ts'
import {
  nameUser,
  readUserView,
  readUserViews,
  type UserView,
} from '../../../../../gatekeeper/src/operations/users/read-user-views.ts'
import {
  createUser,
  readUsers,
  removeUser,
  setQuota,
  UserNameError,
  type UserWriterDeps,
} from '../../../../../gatekeeper/src/operations/users/user-writer.ts'
import type { ApiDeps } from '../../api-deps.ts'
import { ApiError } from '../../api-error.ts'
import type { Caller } from '../../caller.ts'
import { pageFields, readCursor, writeCursor } from '../../cursor.ts'
import { type Call, defineEndpoint, type Endpoint } from '../../endpoint.ts'
import { refuseChanged, requireMatch, tagOf } from '../../etag.ts'
import { isInScope, scopeOf } from '../../scope.ts'
import { toFileRefusal } from '../file-refusal.ts'

const readers = ['owner', 'admin', 'auditor'] as const
const writers = ['owner', 'admin'] as const

const quota = z.int().min(0).max(1_000_000_000).nullable()
const quotas = z.strictObject({
  dailyQuota: quota.exactOptional(),
  monthlyQuota: quota.exactOptional(),
})

const params = z.strictObject({ id: z.string().regex(/^[A-Za-z0-9_-]{2,600}$/) })

const query = z.strictObject({
  ...pageFields,
  q: z.string().max(200).optional(),
  app: z.string().max(200).optional(),
})

const userView = z.object({
  id: z.string(),
  appId: z.string(),
  userId: z.string(),
  isActive: z.boolean(),
  dailyQuota: quota,
  monthlyQuota: quota,
  requestsToday: z.number(),
  requestsMonth: z.number(),
  costMicroUsd: z.string(),
  lastUsedAt: z.string().nullable(),
  createdAt: z.string().nullable(),
})

const page = z.object({
  items: z.array(userView),
  next: z.string().nullable(),
  total: z.number(),
})

type ById<Body> = Call<{ readonly id: string }, unknown, Body>
type Quotas = z.output<typeof quotas>

/** Returns the rows of `/users`. */
export function userEndpoints(deps: ApiDeps): readonly Endpoint[] {
  return [
    defineEndpoint({
      method: 'GET',
      path: '/users',
      summary: 'Lists users of apps with their quotas and what they used.',
      roles: readers,
      query,
      answers: { 200: page },
      handle: async (call) => ({ status: 200, body: await list(call, deps) }),
    }),
    defineEndpoint({
      method: 'GET',
      path: '/users/:id',
      summary: 'Shows one user of an app.',
      roles: readers,
      params,
      answers: { 200: userView },
      handle: async (call) => answerUser(200, await requireUser(call, deps), deps),
    }),
    defineEndpoint({
      method: 'PUT',
      path: '/users/:id',
      summary: 'Writes a user of an app down, before the first call, with quotas of its own.',
      condition: 'If-None-Match',
      roles: writers,
      event: 'user.created',
      params,
      body: quotas,
      answers: { 201: userView },
      handle: (call) => create(call, deps),
    }),
    defineEndpoint({
      method: 'PATCH',
      path: '/users/:id',
      summary: 'Changes quotas of a user; null is no quota.',
      condition: 'If-Match',
      roles: writers,
      event: 'user.quota_changed',
      params,
      body: quotas,
      answers: { 200: userView },
      handle: (call) => change(call, deps),
    }),
    defineEndpoint({
      method: 'DELETE',
      path: '/users/:id',
      summary: 'Removes what is written about a user: the quotas of the app hold again.',
      roles: writers,
      event: 'user.removed',
      params,
      answers: { 204: null },
      handle: async (call) => {
        const name = await requireUser(call, deps)
        await orRefuse(() => removeUser(deps.installation.usersFile, name, writerDeps(call, deps)))
        return { status: 204 }
      },
    }),
  ]
}

const idOf = (name: string) => Buffer.from(name).toString('base64url')
const nameOf = (id: string) => Buffer.from(id, 'base64url').toString()

/** Returns whether a user, `APP:USER`, is in scope: a user is of the team of the app. */
async function createUserFilter(caller: Caller, { installation }: ApiDeps) {
  const clients = await orRefuse(() => readClients(installation.clientsFile))
  const scope = scopeOf(caller)
  const teams = new Map(clients.map(({ id, team }) => [id, team]))
  return (name: string) => {
    // What is left of a removed app is of no team.
    const team = teams.get(name.slice(0, Math.max(0, name.indexOf(':')))) ?? null
    return isInScope(scope, { team })
  }
}

/** Returns the name of the user, or throws as for one who does not exist. */
async function requireUser({ params: at, caller }: ById<unknown>, deps: ApiDeps): Promise<string> {
  const name = nameOf(at.id)
  if ((await createUserFilter(caller, deps))(name)) return name
  throw unknownUser()
}

async function list(
  { query: asked, caller }: Call<unknown, z.output<typeof query>, unknown>,
  deps: ApiDeps,
) {
  const { limit, cursor, q, app } = asked
  const { installation } = deps
  const isSeen = await createUserFilter(caller, deps)
  const text = q?.trim().toLowerCase() ?? ''
  const order = { q: text, app, of: scopeOf(caller).team }
  const skip = cursor === undefined ? 0 : Number(readCursor(cursor, order).id)
  const isMeant = (name: string) =>
    isSeen(name) &&
    (app === undefined || name.startsWith(`${app}:`)) &&
    name.toLowerCase().includes(text)
  const { users, total } = await orRefuse(() =>
    readUserViews(installation, { skip, take: limit, isMeant }),
  )
  const end = skip + users.length
  const next = end < total ? writeCursor({ by: null, id: end }, order) : null
  return { items: users.map(describeUser), next, total }
}

async function answerUser(status: number, name: string, deps: ApiDeps) {
  const view = await orRefuse(() => readUserView(deps.installation, name))
  if (view === null) throw unknownUser()
  return { status, body: describeUser(view), etag: tagOf(await readWritten(name, deps)) }
}

async function create(call: ById<Quotas>, deps: ApiDeps) {
  const { installation } = deps
  if (!call.isCreation) {
    throw new ApiError('precondition_required', 'Send If-None-Match: * to write a user down.')
  }
  const name = nameOf(call.params.id)
  const colon = name.indexOf(':')
  const parts = { appId: name.slice(0, Math.max(colon, 0)), userId: name.slice(colon + 1) }
  const named = await orRefuse(() => nameUser(installation, parts))
  const isSeen = (await createUserFilter(call.caller, deps))(name)
  if (!isSeen || typeof named === 'string' || idOf(name) !== call.params.id) {
    const message = 'must be the base64url of APP:USER, where APP is an app that knows its users'
    throw new ApiError('invalid', 'This is not a user.', { problems: [{ path: 'id', message }] })
  }
  const wanted = Object.assign({}, call.body, { user: named.name })
  await orRefuse(() => createUser(installation.usersFile, wanted, writerDeps(call, deps)))
  return await answerUser(201, named.name, deps)
}

/** A user of an app needs no entry before its quota is changed. */
async function change(call: ById<Quotas>, deps: ApiDeps) {
  const { installation } = deps
  const name = await requireUser(call, deps)
  const view = await orRefuse(() => readUserView(installation, name))
  if (view === null) throw unknownUser()
  const written = await readWritten(name, deps)
  requireMatch(call.ifMatch, tagOf(written))
  const write = written === null ? createUser : setQuota
  const wanted = Object.assign({}, call.body, { user: name })
  await orRefuse(() => write(installation.usersFile, wanted, writerDeps(call, deps)))
  return await answerUser(200, name, deps)
}

/** What the file says about a user; null if nothing. The tag of a user is that of this alone. */
async function readWritten(name: string, { installation }: ApiDeps) {
  return (await orRefuse(() => readUsers(installation.usersFile))).get(name) ?? null
}

function writerDeps({ record, ifMatch }: ById<unknown>, { clock }: ApiDeps): UserWriterDeps {
  return { clock, record, judge: (written) => refuseChanged(ifMatch, tagOf(written)) }
}

async function orRefuse<Result>(change: () => Promise<Result>): Promise<Result> {
  try {
    return await change()
  } catch (error) {
    if (!(error instanceof UserNameError)) throw toFileRefusal(error)
    throw error.exists
      ? new ApiError('exists', 'This user is written down already.')
      : unknownUser()
  }
}

const unknownUser = () => new ApiError('not_found', 'There is no such user.')

function describeUser(view: UserView): z.output<typeof userView> {
  const { appId, userId, isActive, dailyQuota, monthlyQuota, requestsToday, requestsMonth } = view
  const instant = (at: number | null) => (at === null ? null : formatInstant(at))
  return {
    ...{ id: idOf(`${appId}:${userId}`), appId, userId, isActive, dailyQuota, monthlyQuota },
    ...{ requestsToday, requestsMonth, costMicroUsd: String(view.microUsd) },
    ...{ lastUsedAt: instant(view.lastUsedAt), createdAt: instant(view.createdAt) },
  }
}
