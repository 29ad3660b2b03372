/** Changes `keys/users.json`: what is different for single users of apps. */
import type { Clock } from '../../lib/clock.ts'
import { readText } from '../../lib/files/change-file.ts'
import { formatInstant } from '../../lib/instant.ts'
import { ProblemsError } from '../../lib/problem.ts'
import type { UserException } from '../../model/app.ts'
import { parseUserFile, type UserExceptions } from '../../oauth/user-file.ts'
import { changeDocument } from '../change-document.ts'

/** The content of `users.json`. Instants are ISO 8601. */
type UserDocument = { version: 1; users: Record<string, UserEntry> }

type UserEntry = {
  dailyQuota?: number | null
  monthlyQuota?: number | null
  disabled?: boolean
  createdAt?: string | null
}

/** Requests in a period; null is no quota, and left out is that of the app. */
export type WantedQuota = {
  readonly dailyQuota?: number | null
  readonly monthlyQuota?: number | null
}

/** The user already has an entry, or has none. */
export class UserNameError extends Error {
  override readonly name = 'UserNameError'
  readonly exists: boolean

  constructor(exists: boolean) {
    super(exists ? 'the user already exists' : 'there is no such user')
    this.exists = exists
  }
}

/** A pending change of a user, `APP:USER`. */
export type UserAct = {
  readonly event: 'user.created' | 'user.quota_changed' | 'user.removed' | 'user.unwritten'
  readonly user: string
}

export type UserWriterDeps = {
  readonly clock: Clock
  /** Records a pending change; if it rejects, the change is not made. */
  readonly record: (acts: readonly UserAct[]) => Promise<void>
  /**
   * Called under the lock with what is written about the user, null if nothing is. Nothing is
   * changed if it throws.
   */
  readonly judge?: (exception: UserException | null) => void
}

/** Returns the users of the file by name. Rejects with a ProblemsError if it is invalid. */
export async function readUsers(file: string): Promise<UserExceptions> {
  const text = await readText(file)
  return text === null ? new Map() : check(text, file)
}

/** Adds a user. Rejects with a UserNameError if it has an entry. */
export async function createUser(
  file: string,
  { user, ...wanted }: WantedQuota & { readonly user: string },
  deps: UserWriterDeps,
): Promise<void> {
  const createdAt = formatInstant(deps.clock())
  await changeUsers(file, { act: { event: 'user.created', user }, ...deps }, (users) => {
    if (Object.hasOwn(users, user)) throw new UserNameError(true)
    users[user] = { ...wanted, createdAt }
  })
}

/**
 * Changes the quotas that are given. Rejects with a UserNameError for a user without an entry:
 * `createUser` makes one.
 */
export async function setQuota(
  file: string,
  { user, ...wanted }: WantedQuota & { readonly user: string },
  deps: UserWriterDeps,
): Promise<void> {
  await changeUsers(file, { act: { event: 'user.quota_changed', user }, ...deps }, (users) => {
    users[user] = { ...findEntry(users, user), ...wanted }
  })
}

/** Removes the entry of a user. Rejects with a UserNameError if there is none. */
export async function removeUser(file: string, user: string, deps: UserWriterDeps): Promise<void> {
  await changeUsers(file, { act: { event: 'user.removed', user }, ...deps }, (users) => {
    findEntry(users, user)
    delete users[user]
  })
}

type Users = Record<string, UserEntry>

function findEntry(users: Users, user: string): UserEntry {
  const entry = Object.hasOwn(users, user) ? users[user] : undefined
  if (entry === undefined) throw new UserNameError(false)
  return entry
}

async function changeUsers(
  path: string,
  { act, record, judge }: Pick<UserWriterDeps, 'record' | 'judge'> & { readonly act: UserAct },
  edit: (users: Users) => void,
): Promise<void> {
  const parse = (text: string | null): UserDocument => {
    if (text === null) return { version: 1, users: {} }
    check(text, path)
    return JSON.parse(text) as UserDocument
  }
  const recordAct = () => ({
    record: async () => await record([act]),
    recordUnwritten: async () => await record([{ ...act, event: 'user.unwritten' }]),
  })
  await changeDocument({ path, parse, record: recordAct }, (document) => {
    judge?.(check(JSON.stringify(document), path).get(act.user) ?? null)
    edit(document.users)
  })
}

function check(text: string, file: string): UserExceptions {
  const { users, problems } = parseUserFile(text, file)
  if (problems.length > 0) throw new ProblemsError(problems)
  return users
}
