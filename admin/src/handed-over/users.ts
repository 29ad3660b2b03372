/** Users of apps (P15), in the words of the compatible API. */
import { formatInstant } from '../../../gatekeeper/src/lib/instant.ts'
import type { Installation } from '../../../gatekeeper/src/operations/installation.ts'
import {
  nameUser,
  readUserView,
  readUserViews,
  type UserView,
} from '../../../gatekeeper/src/operations/users/read-user-views.ts'
import {
  createUser,
  removeUser,
  setQuota,
  UserNameError,
} from '../../../gatekeeper/src/operations/users/user-writer.ts'
import { newQuota, newUser, userQuery } from '../../../gatekeeper/src/wire/admin-users.ts'
import { type Answer, RefusedError } from './answer.ts'
import { type HandedOver, type Routes, readBody, readQuery } from './handed-over.ts'
import { recordFor } from './record-for.ts'

/** Returns the functions that answer `/admin/users`. */
export function userRoutes(installation: Installation): Routes {
  return {
    'GET /admin/users': async (handed) => {
      const { skip, take } = readQuery(userQuery, handed)
      const { users, total } = await readUserViews(installation, { skip, take })
      const pagination = { skip, take, total }
      return { status: 200, body: { success: true, data: users.map(describeUser), pagination } }
    },
    'GET /admin/users/{+id}': (handed) => answerUser(200, nameIn(handed), installation),
    'POST /admin/users': (handed) => create(handed, installation),
    'PUT /admin/users/{+id}/quota': (handed) => change(handed, installation),
    'DELETE /admin/users/{+id}': (handed) => remove(handed, installation),
  }
}

const nameIn = ({ params }: HandedOver): string => params['id'] ?? ''

async function create(handed: HandedOver, installation: Installation): Promise<Answer> {
  const { userId, appId, ...wanted } = readBody(newUser, handed)
  const named = await nameUser(installation, { appId, userId })
  if (named === 'no-app') throw invalid('appId', 'is not an app whose users are known')
  if (named === 'no-user-id') throw invalid('userId', 'must have 3 to 128 visible characters')
  const user = named.name
  const exists = new RefusedError(409, 'This user exists already: PUT /admin/users/ID/quota.')
  await orRefuse(exists, () =>
    createUser(installation.usersFile, { user, ...wanted }, depsOf(handed, installation)),
  )
  return await answerUser(201, user, installation)
}

/** A user of an app needs no entry before its quota is changed. */
async function change(handed: HandedOver, installation: Installation): Promise<Answer> {
  const user = nameIn(handed)
  const wanted = readBody(newQuota, handed)
  const deps = depsOf(handed, installation)
  try {
    await setQuota(installation.usersFile, { user, ...wanted }, deps)
  } catch (error) {
    if (!(error instanceof UserNameError)) throw error
    if ((await readUserView(installation, user)) === null) throw unknown()
    await createUser(installation.usersFile, { user, ...wanted }, deps)
  }
  return await answerUser(200, user, installation)
}

async function remove(handed: HandedOver, installation: Installation): Promise<Answer> {
  const user = nameIn(handed)
  const deps = depsOf(handed, installation)
  try {
    await removeUser(installation.usersFile, user, deps)
  } catch (error) {
    if (!(error instanceof UserNameError)) throw error
    // One who only used something has no entry; the gatekeeper renames its calls.
    if ((await readUserView(installation, user)) === null) throw unknown()
    await deps.record([{ event: 'user.removed', user }])
  }
  return { status: 200, body: { success: true, message: 'The user was removed.' } }
}

function depsOf(handed: HandedOver, installation: Installation) {
  return { clock: installation.clock, record: recordFor(handed, installation) }
}

async function answerUser(
  status: number,
  name: string,
  installation: Installation,
): Promise<Answer> {
  const view = await readUserView(installation, name)
  if (view === null) throw unknown()
  return { status, body: { success: true, data: describeUser(view) } }
}

const unknown = () => new RefusedError(404, 'There is no such user.')

function invalid(path: string, message: string): RefusedError {
  return new RefusedError(400, `${path} ${message}.`, { details: [{ path, message }] })
}

async function orRefuse(refusal: RefusedError, change: () => Promise<void>): Promise<void> {
  try {
    await change()
  } catch (error) {
    throw error instanceof UserNameError ? refusal : error
  }
}

function describeUser(view: UserView) {
  const { userId, appId, isActive, dailyQuota, monthlyQuota, requestsToday, requestsMonth } = view
  const instant = (at: number | null) => (at === null ? null : formatInstant(at))
  return {
    ...{ userId, appId, isActive, dailyQuota, monthlyQuota, requestsToday, requestsMonth },
    totalCost: view.microUsd / 1_000_000,
    lastUsedAt: instant(view.lastUsedAt),
    createdAt: instant(view.createdAt),
  }
}
