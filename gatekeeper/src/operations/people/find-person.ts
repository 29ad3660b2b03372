import type { KeyRecord } from '../../api-keys/key-record.ts'
import { findSubjects } from '../../audit/subject-file.ts'
import type { AddressRule } from '../../model/address-rule.ts'
import type { UserException } from '../../model/app.ts'
import type { Person as ConsolePerson } from '../../model/person.ts'
import type { Installation } from '../installation.ts'
import { readKeys } from '../keys/read-keys.ts'
import { readRules } from '../rules/rule-writer.ts'
import { hasUsage } from '../usage/person-usage.ts'
import { readUsers } from '../users/user-writer.ts'
import { readSplitKeys, type StoredSplitKey } from '../vault/split-key-writer.ts'
import { findOldRecords, type OldRecords } from './old-records.ts'
import { readPeople } from './people-writer.ts'

/** What the files have about a user of keys, or a user of an app (`APP:USER`). */
export type Person = {
  /** Of `people.json`. */
  readonly consolePerson: ConsolePerson | null
  /** Of `keys.json`. */
  readonly keys: readonly KeyRecord[]
  /** Of the plain map, which Gatekeeper never changes. */
  readonly plainKeys: readonly KeyRecord[]
  readonly appUser: UserException | null
  readonly rules: readonly AddressRule[]
  readonly splitKeys: readonly StoredSplitKey[]
  /** References that stand for the name in the audit. */
  readonly refs: readonly string[]
  /** Ids of principals that have the name in them. */
  readonly principals: readonly string[]
}

/** Nothing is stored about the name. */
export class UnknownPersonError extends Error {
  override readonly name = 'UnknownPersonError'
}

/**
 * Reads all of it, and what older records have. Rejects with an UnknownPersonError if nothing has
 * the name: recording it would store it. Rejects with a ProblemsError if a file is broken.
 */
export async function requirePerson(
  name: string,
  installation: Installation,
): Promise<{ readonly person: Person; readonly oldRecords: OldRecords }> {
  const person = await findPerson(name, installation)
  const oldRecords = await findOldRecords(name, installation)
  const { consolePerson, keys, plainKeys, appUser, rules, splitKeys, refs } = person
  const lists = [keys, plainKeys, rules, splitKeys, refs]
  const isKnown =
    consolePerson !== null ||
    appUser !== null ||
    oldRecords.requests + oldRecords.acts > 0 ||
    lists.some(({ length }) => length > 0) ||
    (await hasUsage(installation.stateDir, name))
  if (isKnown) return { person, oldRecords }
  throw new UnknownPersonError('nothing is stored about a user of this name')
}

async function findPerson(name: string, installation: Installation): Promise<Person> {
  const { peopleFile, plainFile, usersFile, rulesFile, splitKeysFile, auditFolder } = installation
  const subjects = await findSubjects(auditFolder, name)
  const ofName = ({ user }: KeyRecord) => user === name
  const plain = plainFile === null ? [] : await readKeys({ ...installation, file: plainFile })
  const people = await readPeople(peopleFile)
  return {
    consolePerson: people.find((one) => one.name === name) ?? null,
    keys: (await readKeys(installation)).filter(ofName),
    plainKeys: plain.filter(ofName),
    appUser: (await readUsers(usersFile)).get(name) ?? null,
    rules: (await readRules(rulesFile)).filter((rule) => isAbout(rule, name)),
    splitKeys: (await readSplitKeys(splitKeysFile)).filter(({ owner }) => owner === name),
    refs: subjects.map(({ ref }) => ref),
    principals: [`app:${name}`, ...subjects.map((subject) => subject.name)].filter(
      (id) => id !== name,
    ),
  }
}

/**
 * A rule names the user of an app by both, or by the one name that the user has. A user of keys who
 * has the second name is somebody else.
 */
function isAbout({ app, user }: AddressRule, name: string): boolean {
  if (user === null) return false
  return app === null || user.startsWith(`${app}:`) ? user === name : `${app}:${user}` === name
}
