/**
 * Removes a person's name (GDPR, Article 17). Keys and rights are removed, usage and records stay
 * under a reference that no file explains. It can be repeated, also after a crash in the middle.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { eraseSubjects, findSubjects } from '../../audit/subject-file.ts'
import { removeVersions } from '../../lib/files/versions.ts'
import type { Installation } from '../installation.ts'
import { changeKeys } from '../keys/key-document.ts'
import { removeRules } from '../rules/rule-writer.ts'
import { hideUsageOf } from '../usage/person-usage.ts'
import { removeUser } from '../users/user-writer.ts'
import { removeSplitKey } from '../vault/split-key-writer.ts'
import { type Person, requirePerson } from './find-person.ts'
import type { OldRecords } from './old-records.ts'
import { removePerson } from './people-writer.ts'

export type Erased = {
  /** Stands for the name in usage and records from now on. */
  readonly reference: string
  readonly keys: readonly string[]
  /** The id that they had in `people.json`; null if they were not in it. */
  readonly person: string | null
  readonly isAppUser: boolean
  readonly addressRules: number
  readonly splitKeys: number
  /** Lines of the usage log. */
  readonly usage: number
  readonly oldRecords: OldRecords
  /** Files that a person has to change by hand, and what in them. */
  readonly left: readonly string[]
}

/** A removed key is refused within two seconds, and answers under way are cut. */
const settleMs = 2500

/**
 * Erases the name. Rejects with an UnknownPersonError if nothing has it, an UnrecordedError if the
 * erasure cannot be recorded, a ProblemsError if a file is broken, and a PeopleError for the last
 * owner. What `admin.db` has is erased by whoever opens it.
 */
export async function erasePerson(
  name: string,
  installation: Installation,
  { wait = sleep }: { readonly wait?: (ms: number) => Promise<unknown> } = {},
): Promise<Erased> {
  const { auditFolder, stateDir, record } = installation
  const { person, oldRecords } = await requirePerson(name, installation)
  // First of all: the last owner stays, with everything.
  if (person.consolePerson !== null) {
    await removePerson(installation.peopleFile, person.consolePerson, installation)
  }
  await record([{ event: 'data.erased', user: name }])
  await removeRights(name, person, installation)
  // Requests under way end in the usage log, with the name.
  if (person.keys.length > 0) await wait(settleMs)
  // The record of the erasure has made a reference, if there was none.
  const reference = (await findSubjects(auditFolder, name))[0]?.ref ?? ''
  const { principals } = person
  const usage = await hideUsageOf(stateDir, { user: name, principals, ref: reference })
  await eraseSubjects(auditFolder, name)
  return {
    reference,
    keys: person.keys.map(({ id }) => id),
    person: person.consolePerson?.id ?? null,
    isAppUser: person.appUser !== null,
    addressRules: person.rules.length,
    splitKeys: person.splitKeys.length,
    ...{ usage: usage.lines, oldRecords },
    left: [...findLeft(name, person, installation), ...(usage.hasTraces ? [traces] : [])],
  }
}

const traces =
  'unused space of usage.db may have the name: stop the gatekeeper, and sqlite3 usage.db VACUUM'

async function removeRights(
  name: string,
  { keys, appUser, rules, splitKeys }: Person,
  installation: Installation,
): Promise<void> {
  const { file, peopleFile, usersFile, rulesFile, splitKeysFile, services, record } = installation
  if (keys.length > 0) {
    await changeKeys(
      file,
      services,
      (document) => {
        for (const [id, { user }] of Object.entries(document.keys)) {
          if (user === name) delete document.keys[id]
        }
      },
      record,
    )
  }
  if (appUser !== null) await removeUser(usersFile, name, installation)
  for (const { id } of rules) await removeRules(rulesFile, id, { record })
  for (const { owner, id } of splitKeys) {
    await removeSplitKey(splitKeysFile, { owner, id }, installation)
  }
  for (const path of [file, peopleFile, usersFile, rulesFile, splitKeysFile]) removeVersions(path)
}

function findLeft(
  name: string,
  { plainKeys }: Person,
  { plainFile, configFile, limitedUsers }: Installation,
): string[] {
  return [
    ...(plainKeys.length > 0 ? [`${plainFile} has ${plainKeys.length} keys of this user`] : []),
    ...(limitedUsers.has(name) ? [`${configFile} has limits of this user (users)`] : []),
  ]
}
