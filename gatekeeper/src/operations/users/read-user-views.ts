/** Reads users of apps as an administrator sees them: what is written about them, and what they used. */
import { isUserId, readUserName, userNameOf } from '../../model/app.ts'
import { createCalendar } from '../../usage/ledger/calendar.ts'
import { readClients } from '../clients/client-writer.ts'
import type { Installation } from '../installation.ts'
import { readLastUsed } from '../usage/last-used.ts'
import { queryUsage, type UsageQueries } from '../usage/read-usage.ts'
import { readUsers } from './user-writer.ts'

/** A quota of null is none; instants in epoch ms. */
export type UserView = {
  readonly userId: string
  readonly appId: string
  readonly isActive: boolean
  readonly dailyQuota: number | null
  readonly monthlyQuota: number | null
  readonly requestsToday: number
  readonly requestsMonth: number
  readonly microUsd: number
  readonly lastUsedAt: number | null
  readonly createdAt: number | null
}

type Place = Pick<Installation, 'usersFile' | 'clientsFile' | 'stateDir' | 'clock' | 'timeZone'>

type Page = {
  readonly skip: number
  readonly take: number
  /** Whether a user is meant, by the name `APP:USER`; all are if it is left out. */
  readonly isMeant?: (name: string) => boolean
}

/** Returns a part of the users, in the order of their names, and how many there are. */
export async function readUserViews(
  place: Place,
  { skip, take, isMeant = () => true }: Page,
): Promise<{ readonly users: readonly UserView[]; readonly total: number }> {
  const known = await readKnown(place)
  const names = known.names.filter(isMeant)
  const page = names.slice(skip, skip + take)
  return { users: await viewAll(page, known, place), total: names.length }
}

/** Returns the user of a name, `APP:USER`; null if nothing is known about it. */
export async function readUserView(place: Place, name: string): Promise<UserView | null> {
  const known = await readKnown(place)
  const [view] = await viewAll(known.names.includes(name) ? [name] : [], known, place)
  return view ?? null
}

/** Returns the name of a user of an app: `APP:USER`; what is wrong with either as a word. */
export async function nameUser(
  { clientsFile }: Pick<Installation, 'clientsFile'>,
  { appId, userId }: { readonly appId: string; readonly userId: string },
): Promise<{ readonly name: string } | 'no-app' | 'no-user-id'> {
  const clients = await readClients(clientsFile)
  const app = clients.find(({ id }) => id === appId)?.app ?? null
  // Nobody can be sure to be a user of a public app.
  if (app === null || app.public) return 'no-app'
  return isUserId(userId) ? { name: userNameOf(appId, userId) } : 'no-user-id'
}

const ofUser = /^app:([^:]+:.+)$/s

/** Users whom a file names, and those who called something; not the labels of public apps. */
async function readKnown({ usersFile, clientsFile, stateDir }: Place) {
  const clients = await readClients(clientsFile)
  const apps = new Map(clients.flatMap(({ id, app }) => (app === null ? [] : [[id, app]])))
  const exceptions = await readUsers(usersFile)
  const used = await readLastUsed(stateDir)
  const callers = [...used.keys()].flatMap((id) => ofUser.exec(id)?.[1] ?? [])
  const isKept = (name: string) => apps.get(readUserName(name)?.appId ?? '')?.public !== true
  const names = [...new Set([...exceptions.keys(), ...callers])].filter(isKept).sort()
  return { apps, exceptions, used, names }
}

type Known = Awaited<ReturnType<typeof readKnown>>

async function viewAll(names: readonly string[], known: Known, place: Place): Promise<UserView[]> {
  const read = async (queries: UsageQueries) =>
    await Promise.all(names.map((name) => readUse(queries, `app:${name}`, place)))
  const uses = (await queryUsage(place.stateDir, read)) ?? []
  return names.map((name, index) => viewUser(name, known, uses[index] ?? unused))
}

type Use = Pick<UserView, 'requestsToday' | 'requestsMonth' | 'microUsd'>

const unused: Use = { requestsToday: 0, requestsMonth: 0, microUsd: 0 }

async function readUse(queries: UsageQueries, subject: string, place: Place): Promise<Use> {
  const { clock, timeZone } = place
  const calendar = createCalendar(timeZone)
  const countIn = async (period: 'day' | 'month') => {
    const row = await queries
      .selectFrom('balances')
      .select('amount')
      .where('subject', '=', subject)
      .where('unit', '=', 'requests')
      .where('period', '=', period)
      .where('start_at', '=', calendar(period, clock()).startAt)
      .executeTakeFirst()
    return row?.amount ?? 0
  }
  const cost = await queries
    .selectFrom('usage_log')
    .select(({ fn }) => fn.sum<number | null>('micro_usd').as('microUsd'))
    .where('principal_id', '=', subject)
    .executeTakeFirst()
  return {
    requestsToday: await countIn('day'),
    requestsMonth: await countIn('month'),
    microUsd: cost?.microUsd ?? 0,
  }
}

function viewUser(name: string, { apps, exceptions, used }: Known, use: Use): UserView {
  const { appId, userId } = readUserName(name) ?? { appId: name, userId: '' }
  const app = apps.get(appId)
  const own = exceptions.get(name)
  const quota = (member: 'dailyQuota' | 'monthlyQuota') => {
    const wanted = own?.[member]
    return wanted === undefined ? (app?.[member] ?? null) : wanted
  }
  return {
    ...{ userId, appId, isActive: own?.disabled !== true },
    ...{ dailyQuota: quota('dailyQuota'), monthlyQuota: quota('monthlyQuota') },
    requestsToday: use.requestsToday,
    requestsMonth: use.requestsMonth,
    microUsd: use.microUsd,
    lastUsedAt: used.get(`app:${name}`) ?? null,
    createdAt: own?.createdAt ?? null,
  }
}
