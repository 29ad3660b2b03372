/**
 * The people of now: those of `keys/people.json`, followed like the key files. A file that is invalid
 * at the start stops the start; later the last good people stay. Without the file there is nobody.
 */
import { followFile } from '../lib/files/follow-file.ts'
import { describeUnreadable } from '../lib/files/text-file.ts'
import type { Problem } from '../lib/problem.ts'
import type { Timers } from '../lib/timers.ts'
import type { Person } from '../model/person.ts'
import { parsePeopleFile } from './people-file.ts'

export type PeopleStore = {
  readonly all: () => readonly Person[]
  /** Returns the person with this id, disabled or not; null if there is none. */
  readonly find: (id: string) => Person | null
  /** Returns the person with this name, or null. */
  readonly named: (name: string) => Person | null
  /** Changes after each reload. */
  readonly version: () => number
  /** Why the people in force are not those of the file; empty if they are. */
  readonly problems: () => readonly Problem[]
  /** Reads the file now: after a change of one's own. */
  readonly reload: () => Promise<void>
  readonly close: () => void
}

export type PeopleStoreDeps = {
  readonly file: string
  readonly timers?: Timers
  /** Called after each reload with the ids that differ. */
  readonly onChange?: (change: PeopleChange) => void
  readonly log: {
    readonly info: (fields: object, message: string) => void
    readonly error: (fields: object, message: string) => void
  }
}

/** Ids of the people by which two versions differ. */
export type PeopleChange = Readonly<Record<'added' | 'removed' | 'changed', readonly string[]>>

type People = {
  readonly all: readonly Person[]
  readonly byId: ReadonlyMap<string, Person>
  readonly byName: ReadonlyMap<string, Person>
}

/** Follows the file. Rejects with a ProblemsError if it is invalid now. */
export async function openPeopleStore(deps: PeopleStoreDeps): Promise<PeopleStore> {
  const { file, log } = deps
  const followed = await followFile<People>({
    path: file,
    interpret: (text) => toPeople(parsePeopleFile(text, file)),
    // A lost file takes rights away from keys that people made, and gives none to anybody.
    absent: () => toPeople([]),
    unreadable: (code) => describeUnreadable(file, code),
    onChange: (before) => {
      const { all, byId } = followed.current()
      deps.onChange?.(compare(before.byId, byId))
      const [fields, problems] = [{ file, people: all.length }, followed.problems()]
      if (problems.length === 0) log.info(fields, 'people reloaded')
      else
        log.error({ ...fields, problems }, 'people not reloaded: the last valid people stay in use')
    },
    timers: deps.timers,
  })
  return {
    all: () => followed.current().all,
    find: (id) => followed.current().byId.get(id) ?? null,
    named: (name) => followed.current().byName.get(name) ?? null,
    version: followed.version,
    problems: followed.problems,
    reload: followed.reload,
    close: followed.close,
  }
}

function toPeople(all: readonly Person[]): People {
  return {
    all,
    byId: new Map(all.map((person) => [person.id, person])),
    byName: new Map(all.map((person) => [person.name, person])),
  }
}

function compare(before: People['byId'], after: People['byId']): PeopleChange {
  const isSame = (id: string) => JSON.stringify(before.get(id)) === JSON.stringify(after.get(id))
  const ids = [...after.keys()]
  return {
    added: ids.filter((id) => !before.has(id)),
    removed: [...before.keys()].filter((id) => !after.has(id)),
    changed: ids.filter((id) => before.has(id) && !isSame(id)),
  }
}
