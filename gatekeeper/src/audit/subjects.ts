/**
 * Keeps names out of the chains: each name is written once to `subjects.json`, and records have its
 * reference. What a record may name stands in `hide`, for the writers of every chain.
 */
import { statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { createOwnedFile } from '../lib/files/create-owned.ts'
import { takeProcessLock } from '../lib/files/process-lock.ts'
import type { AuditFields } from './chain.ts'
import {
  createRef,
  readSubjects,
  type Subject,
  subjectsFile,
  subjectsLock,
} from './subject-file.ts'

export type Subjects = {
  /**
   * Resolves when the file has a reference for every name of the records: a record must never have
   * one without. Rejects as `node:fs` does, or if the lock is held for too long.
   */
  readonly prepare: (records: readonly AuditFields[]) => Promise<void>
  /** Returns the record with references. Throws if a name was not prepared. */
  readonly hide: (fields: AuditFields) => AuditFields
}

/** Opens the names of a folder of chains. Nothing is read before the first record. */
export function openSubjects(folder: string): Subjects {
  const known = new KnownSubjects(folder)
  return {
    prepare: async (records) => {
      const names = records.flatMap(namesIn)
      if (names.length > 0) await known.ensure(names)
    },
    hide: (fields) => replaceNames(fields, (name) => known.refOf(name)),
  }
}

type Name = Omit<Subject, 'ref'>

class KnownSubjects {
  readonly #folder: string
  readonly #subjects = new Map<string, Subject>()
  /** The file that was read, and up to which byte. */
  #identity = ''
  #bytes = 0
  #turn: Promise<void> = Promise.resolve()

  constructor(folder: string) {
    this.#folder = folder
  }

  refOf(name: string): string {
    const subject = this.#subjects.get(name)
    if (subject === undefined) throw new Error('a name has no reference yet')
    return subject.ref
  }

  /** One after the other: no record is written before the line of its name. */
  async ensure(names: readonly Name[]): Promise<void> {
    const turn = this.#turn.then(() => this.#add(names))
    this.#turn = turn.catch(() => {})
    await turn
  }

  async #add(names: readonly Name[]): Promise<void> {
    await this.#follow()
    if (this.#missing(names).size === 0) return
    const lock = await takeProcessLock(subjectsLock(this.#folder))
    try {
      createOwnedFile(subjectsFile(this.#folder))
      // Another process may have added or erased names while this one waited.
      await this.#follow()
      const added = [...this.#missing(names).values()].map((name) => ({
        ref: createRef(),
        ...name,
      }))
      if (added.length === 0) return
      await append(subjectsFile(this.#folder), added, this.#bytes)
      for (const subject of added) this.#subjects.set(subject.name, subject)
    } finally {
      lock.release()
    }
  }

  #missing(names: readonly Name[]): Map<string, Name> {
    const missing = names.filter(({ name, of }) => {
      const known = this.#subjects.get(name)
      return known === undefined || (of !== undefined && known.of !== of)
    })
    return new Map(missing.map((name) => [name.name, name]))
  }

  /** Reads what others added. After an erasure it is another file, and read from its beginning. */
  async #follow(): Promise<void> {
    const found = statSync(subjectsFile(this.#folder), { throwIfNoEntry: false })
    const size = found?.size ?? 0
    // A new file often gets the number of the old one, and may be as long.
    const identity = found === undefined ? '' : `${found.ino} ${found.birthtimeMs}`
    if (identity !== this.#identity || size < this.#bytes) {
      this.#subjects.clear()
      this.#bytes = 0
      this.#identity = identity
    }
    if (size === this.#bytes) return
    this.#bytes = await readSubjects(this.#folder, this.#bytes, (subject) => {
      this.#subjects.set(subject.name, subject)
    })
  }
}

/** Appends lines after the whole lines; what a crash left of a line is cut off. */
async function append(path: string, subjects: readonly Subject[], after: number): Promise<void> {
  const file = await open(path, 'r+')
  try {
    await file.truncate(after)
    await file.write(subjects.map((subject) => `${JSON.stringify(subject)}\n`).join(''), after)
    await file.datasync()
  } finally {
    await file.close()
  }
}

/** Members that name a person or a user of an app, at any depth, beside `user`. */
const nameMembers = new Set(['owner', 'formerOwner'])

/** Members that have the id of a principal. */
const principalMembers = new Set(['principal', 'subject'])

type Replace = (name: string) => string

/** Returns whether a record, as it is stored or shown, has one of these names. */
export function hasName(record: AuditFields, names: ReadonlySet<string>): boolean {
  return namesIn(record).some(({ name, of = name }) => names.has(name) || names.has(of))
}

function namesIn(fields: AuditFields): Name[] {
  const names: Name[] = []
  // In the record of an act the principal made it, and the user is whom it concerns.
  const isOwn = fields['event'] === 'request' && typeof fields['user'] === 'string'
  const of = isOwn ? { of: fields['user'] as string } : {}
  replaceNames(fields, (name) => {
    names.push(name.includes('#') ? { name, ...of } : { name })
    return name
  })
  return names
}

/** Returns the same object if nothing is replaced: nearly every batch has known names only. */
function replaceNames(fields: AuditFields, replace: Replace): AuditFields {
  let changed: Record<string, unknown> | null = null
  for (const member in fields) {
    const value =
      member === 'user' ? replaceUser(fields, replace) : replaceIn(member, fields[member], replace)
    if (value === fields[member]) continue
    changed ??= {}
    changed[member] = value
  }
  return changed === null ? fields : { ...fields, ...changed }
}

/** Beside the id of an app, a user is one of the app: with one name everywhere, `APP:USER`. */
function replaceUser({ user, app }: AuditFields, replace: Replace): unknown {
  if (typeof user !== 'string' || user === 'anonymous' || isRandom(user)) return user
  if (typeof app !== 'string' || user.startsWith(`${app}:`)) return replace(user)
  const name = `${app}:${user}`
  const replaced = replace(name)
  return replaced === name ? user : replaced
}

function replaceIn(member: string, value: unknown, replace: Replace): unknown {
  if (typeof value === 'string') {
    if (nameMembers.has(member)) return replace(value)
    return principalMembers.has(member) ? replaceInPrincipal(value, replace) : value
  }
  if (typeof value !== 'object' || value === null) return value
  if (!Array.isArray(value)) return replaceNames(value as AuditFields, replace)
  const entries = value.map((entry) => replaceIn(member, entry, replace))
  return entries.some((entry, at) => entry !== value[at]) ? entries : value
}

/**
 * Returns whether the id of a principal names nobody: those of keys, clients, people and exchanged
 * tokens, and of users of a public app and visitors of the chat widget, which are random.
 */
export function isNameless(id: string): boolean {
  return id === 'anonymous' || /^(?:key|client|token|person):/.test(id) || isRandom(id)
}

/**
 * Returns whether the name is a user of a public app or a visitor of the chat widget, as their tokens
 * make one: strangers can have as many of them as they ask for, and each would be a line.
 */
function isRandom(name: string): boolean {
  if (name.startsWith('widget:')) return /^widget:[A-Za-z0-9_-]{22}$/.test(name)
  return name.includes(':anon:') && /^(?:app:)?[^:]+:anon:[A-Za-z0-9_-]{22}$/.test(name)
}

/** The user of an app is the rest of the id; all others are `ISSUER#SUB`. */
function replaceInPrincipal(id: string, replace: Replace): string {
  if (isNameless(id)) return id
  const [, user] = /^app:(.+)$/s.exec(id) ?? []
  return user === undefined ? replace(id) : `app:${replace(user)}`
}
