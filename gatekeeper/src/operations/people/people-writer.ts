/**
 * Changes `keys/people.json`. Every change is recorded before it is written, and the last enabled
 * owner cannot be removed, disabled or demoted: that is judged under the lock of the file.
 */
import { createApiKey } from '../../api-keys/api-key.ts'
import type { Clock } from '../../lib/clock.ts'
import { readText } from '../../lib/files/change-file.ts'
import { formatInstant } from '../../lib/instant.ts'
import type { Person, PersonLogin, PersonRole } from '../../model/person.ts'
import type { Role } from '../../model/principal.ts'
import { loginsMax, parsePeopleFile, peopleMax } from '../../people/people-file.ts'
import { changeDocument } from '../change-document.ts'

/** The content of `people.json`. Instants are ISO 8601. */
type PeopleDocument = { version: 1; people: Record<string, PersonEntry> }

/** What a person may use, as the file has it: limits are texts. */
export type AccessEntry = {
  readonly role: Role
  readonly services: readonly string[]
  readonly models: readonly string[]
  readonly limits: readonly string[]
}

type PersonEntry = {
  name: string
  team?: string | null
  title?: string | null
  role: PersonRole
  disabled?: boolean
  serviceEmail?: string | null
  access?: AccessEntry | null
  logins?: readonly PersonLogin[]
  createdAt?: string | null
}

/** A person to add. */
export type NewPerson = {
  /** One that nobody has: a passkey is made for an id before its person is added. Drawn if missing. */
  readonly id?: string
  readonly name: string
  readonly title: string | null
  /** The name of their team; null or left out for none. */
  readonly team?: string | null
  readonly role: PersonRole
  readonly access: AccessEntry | null
  readonly serviceEmail?: string | null
}

/** The changes of a person; missing members stay. The name never changes. */
export type PersonChange = {
  readonly team?: string | null
  readonly title?: string | null
  readonly role?: PersonRole
  readonly disabled?: boolean
  readonly serviceEmail?: string | null
  readonly access?: AccessEntry | null
}

/**
 * Why a change of people was refused: no person has the id, the name or login is another's, there
 * are as many as there may be, or nobody enabled would be an owner afterwards.
 */
export class PeopleError extends Error {
  override readonly name = 'PeopleError'
  readonly code: 'unknown' | 'exists' | 'login_exists' | 'full' | 'last_owner'

  constructor(code: PeopleError['code'], message: string) {
    super(message)
    this.code = code
  }
}

/** A pending change of a person. */
export type PersonAct = {
  readonly event:
    | 'person.added'
    | 'person.changed'
    | 'person.disabled'
    | 'person.removed'
    | 'people.unwritten'
  readonly person: string
  /** The name of the person. */
  readonly user: string
  /** The role after the change. */
  readonly role: PersonRole
  /** The team of the person, if they are of one. */
  readonly team?: string
  /** The changed members; none if the person was added or removed. */
  readonly members?: readonly string[]
}

export type PeopleWriterDeps = {
  readonly clock: Clock
  /** Records a pending change; if it rejects, the change is not made. */
  readonly record: (acts: readonly PersonAct[]) => Promise<void>
}

/** A change of one person. `confirm` may throw for the person as found under the lock. */
type OfPerson = { readonly id: string; readonly confirm?: (person: Person) => void }

/** Returns everybody of the file. Rejects with a ProblemsError if it is invalid. */
export async function readPeople(file: string): Promise<readonly Person[]> {
  const text = await readText(file)
  return text === null ? [] : parsePeopleFile(text, file)
}

/** Adds a person and returns them. Rejects with a PeopleError, and as `changeDocument` does. */
export async function addPerson(
  file: string,
  { id: wantedId, ...wanted }: NewPerson,
  deps: PeopleWriterDeps,
): Promise<Person> {
  return await changePeople(file, deps, (people) => {
    const id = wantedId ?? createPersonId(people)
    const entries = Object.values(people)
    if (Object.hasOwn(people, id) || entries.some(({ name }) => name === wanted.name)) {
      throw new PeopleError('exists', 'there is already a person of this name')
    }
    if (entries.length >= peopleMax) {
      throw new PeopleError('full', `there are ${peopleMax} people, the most that there may be`)
    }
    people[id] = {
      ...wanted,
      ...{ disabled: false, logins: [], createdAt: formatInstant(deps.clock()) },
    }
    return { id, event: 'person.added' }
  })
}

/** Changes a person and returns them. Rejects with a PeopleError, and as `changeDocument` does. */
export async function changePerson(
  file: string,
  { change, ...of }: OfPerson & { readonly change: PersonChange },
  deps: PeopleWriterDeps,
): Promise<Person> {
  return await changePeople(file, deps, (_, find) => {
    const entry = find(of)
    const isDisabling = change.disabled === true && entry.disabled !== true
    Object.assign(entry, change)
    return { id: of.id, event: isDisabling ? 'person.disabled' : 'person.changed' }
  })
}

/**
 * Removes a person and returns who it was. Their keys and clients stay in their files; without the
 * person they are refused.
 */
export async function removePerson(
  file: string,
  of: OfPerson,
  deps: PeopleWriterDeps,
): Promise<Person> {
  return await changePeople(file, deps, (people, find) => {
    find(of)
    delete people[of.id]
    return { id: of.id, event: 'person.removed' }
  })
}

/** Lets a person sign in with an account. Rejects with a PeopleError if it is another's. */
export async function addLogin(
  file: string,
  { login, ...of }: OfPerson & { readonly login: PersonLogin },
  deps: PeopleWriterDeps,
): Promise<Person> {
  return await changePeople(file, deps, (people, find) => {
    const entry = find(of)
    if (Object.values(people).some(({ logins = [] }) => logins.some((one) => isSame(one, login)))) {
      throw new PeopleError('login_exists', 'this account is already of a person')
    }
    const logins = entry.logins ?? []
    if (logins.length >= loginsMax) {
      throw new PeopleError('full', `this person has ${loginsMax} accounts, the most there may be`)
    }
    entry.logins = [...logins, { provider: login.provider, subject: login.subject }]
    return { id: of.id, event: 'person.changed' }
  })
}

/** Takes an account from a person; nothing changes if they do not have it. */
export async function removeLogin(
  file: string,
  { login, ...of }: OfPerson & { readonly login: PersonLogin },
  deps: PeopleWriterDeps,
): Promise<Person> {
  return await changePeople(file, deps, (_, find) => {
    const entry = find(of)
    entry.logins = (entry.logins ?? []).filter((one) => !isSame(one, login))
    return { id: of.id, event: 'person.changed' }
  })
}

const isSame = (one: PersonLogin, other: PersonLogin) =>
  one.provider === other.provider && one.subject === other.subject

/** Ids of people have the form of ids of keys. */
function createPersonId(people: Readonly<Record<string, unknown>>): string {
  for (;;) {
    const { id } = createApiKey()
    if (!Object.hasOwn(people, id)) return id
  }
}

type People = Record<string, PersonEntry>

function findEntry(people: People, id: string): PersonEntry {
  const entry = Object.hasOwn(people, id) ? people[id] : undefined
  if (entry === undefined) throw new PeopleError('unknown', 'there is no such person')
  return entry
}

type Edited = {
  readonly id: string
  readonly event: Exclude<PersonAct['event'], 'people.unwritten'>
}

async function changePeople(
  path: string,
  { record }: PeopleWriterDeps,
  edit: (people: People, find: (of: OfPerson) => PersonEntry) => Edited,
): Promise<Person> {
  const parse = (text: string | null): PeopleDocument => {
    if (text === null) return { version: 1, people: {} }
    parsePeopleFile(text, path)
    return JSON.parse(text) as PeopleDocument
  }
  // Set by each attempt: a change begins again if the file was saved in the meantime.
  let edited: Edited | null = null
  let changed: Person | undefined
  await changeDocument(
    {
      path,
      parse,
      record: (before, after) => {
        if (edited === null) return {}
        const act = describeChange(edited, toPeople(before, path), toPeople(after, path))
        changed = act.person
        if (act.fields === null) return {}
        const { fields } = act
        return {
          record: () => record([fields]),
          recordUnwritten: () => record([{ ...fields, event: 'people.unwritten' }]),
        }
      },
    },
    (document) => {
      const before = toPeople(document, path)
      const find = ({ id, confirm }: OfPerson) => {
        const entry = findEntry(document.people, id)
        const person = before.find((one) => one.id === id)
        if (person !== undefined) confirm?.(person)
        return entry
      }
      edited = edit(document.people, find)
      requireOwner(before, toPeople(document, path))
    },
  )
  if (changed === undefined) throw new Error('a changed person is not in the file')
  return changed
}

function toPeople(source: string | PeopleDocument | null, path: string): readonly Person[] {
  if (source === null) return []
  return parsePeopleFile(typeof source === 'string' ? source : JSON.stringify(source), path)
}

/** An installation that has an owner keeps one: without, nobody could give rights back. */
function requireOwner(before: readonly Person[], after: readonly Person[]): void {
  const hasOwner = (people: readonly Person[]) =>
    people.some(({ role, disabled }) => role === 'owner' && !disabled)
  if (!hasOwner(before) || hasOwner(after)) return
  throw new PeopleError(
    'last_owner',
    'this is the last owner: make somebody else an owner first (`npm run people -- role NAME owner`)',
  )
}

/** The act is null if nothing changes. */
function describeChange(
  { id, event }: Edited,
  before: readonly Person[],
  after: readonly Person[],
): { readonly person: Person; readonly fields: PersonAct | null } {
  const [old, now] = [before, after].map((people) => people.find((one) => one.id === id))
  const person = now ?? old
  if (person === undefined) throw new Error('a changed person is not in the file')
  const { name: user, role, team } = person
  const about = { event, person: id, user, role, ...(team !== null && { team }) }
  if (old === undefined || now === undefined) return { person, fields: about }
  const names = Object.keys(now) as (keyof Person)[]
  const members = names.filter((name) => JSON.stringify(old[name]) !== JSON.stringify(now[name]))
  return { person, fields: members.length === 0 ? null : { ...about, members } }
}
