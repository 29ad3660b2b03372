import type { Person } from '../../../gatekeeper/src/model/person.ts'

/** The people of now: within 2 s after each change of `people.json`. */
export type PeopleIndex = {
  readonly all: () => readonly Person[]
  /** Returns the person with this id, or null. */
  readonly find: (id: string) => Person | null
  /** Returns the person with this name, or null. */
  readonly named: (name: string) => Person | null
  /** Reads the file now: after a change of our own, before it is answered. */
  readonly reload: () => Promise<void>
}
