/**
 * What differs for single users of apps: `keys/users.json`, followed like the key files. A file that
 * is invalid at the start stops the start.
 */
import { followFile } from '../lib/files/follow-file.ts'
import { describeUnreadable } from '../lib/files/text-file.ts'
import { type Problem, ProblemsError } from '../lib/problem.ts'
import type { Timers } from '../lib/timers.ts'
import type { UserException } from '../model/app.ts'
import { parseUserFile, type UserExceptions } from './user-file.ts'

export type UserStore = {
  /** Returns what differs for the user of this name, `APP:USER`; null if nothing does. */
  readonly find: (name: string) => UserException | null
  /** Changes after each reload. */
  readonly version: () => number
  /** Why the users in force are not those of the file; empty if they are. */
  readonly problems: () => readonly Problem[]
  readonly close: () => void
}

export type UserStoreDeps = {
  readonly file: string
  readonly timers?: Timers
  readonly log: { readonly error: (fields: object, message: string) => void }
}

const none: UserExceptions = new Map()

/** Follows the file. Rejects with a ProblemsError if it is invalid now. */
export async function openUserStore({ file, timers, log }: UserStoreDeps): Promise<UserStore> {
  const followed = await followFile<UserExceptions>({
    path: file,
    interpret: (text) => {
      const { users, problems } = parseUserFile(text, file)
      if (problems.length > 0) throw new ProblemsError(problems)
      return users
    },
    absent: () => none,
    unreadable: (code) => describeUnreadable(file, code),
    onChange: () => {
      const problems = followed.problems()
      if (problems.length === 0) return
      log.error({ file, problems }, 'users not reloaded: the last valid ones stay in use')
    },
    timers,
  })
  return {
    find: (name) => followed.current().get(name) ?? null,
    version: followed.version,
    problems: followed.problems,
    close: followed.close,
  }
}
