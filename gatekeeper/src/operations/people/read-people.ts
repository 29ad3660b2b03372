/** Reads people with what they made: their keys and clients, and the last use of any of them. */
import type { KeyRecord } from '../../api-keys/key-record.ts'
import { formatInstant } from '../../lib/instant.ts'
import type { Person } from '../../model/person.ts'
import { isActiveClient } from '../../oauth/client.ts'
import { type KnownClient, readEveryClient } from '../clients/read-clients.ts'
import type { Installation } from '../installation.ts'
import { stateOf } from '../keys/key-view.ts'
import { readKeys, readUses } from '../keys/read-keys.ts'
import { readPeople } from './people-writer.ts'

/** What a person made. */
export type Made = {
  readonly keys: readonly KeyRecord[]
  readonly clients: readonly KnownClient[]
}

export type PersonView = Made & {
  readonly person: Person
  /** When anything that the person made was last used; null if nothing was, or it is unknown. */
  readonly lastUsedAt: number | null
}

/** Returns everything that the person made, whatever its state. */
export function madeBy(person: string, { keys, clients }: Made): Made {
  return {
    keys: keys.filter((key) => key.madeBy === person),
    clients: clients.filter((client) => client.madeBy === person),
  }
}

/** Returns what would stop if its maker were disabled or removed now: what is not over already. */
export function workingNow({ keys, clients }: Made, now: number): Made {
  const isWorking = (key: KeyRecord) => ['active', 'rotating'].includes(stateOf(key, now))
  return {
    keys: keys.filter(isWorking),
    clients: clients.filter((client) => isActiveClient(client, now)),
  }
}

type Place = Pick<
  Installation,
  'peopleFile' | 'file' | 'plainFile' | 'services' | 'oauth' | 'clientsFile' | 'stateDir'
>

/** Reads every key and client that a person may have made. */
export async function readMade(place: Place): Promise<Made> {
  return { keys: await readKeys(place), clients: await readEveryClient(place) }
}

/** Reads everybody. `problem` says why last uses are unknown. Rejects with a ProblemsError. */
export async function readPeopleViews(
  place: Place,
): Promise<{ readonly people: readonly PersonView[]; readonly problem: string | null }> {
  const [people, made] = [await readPeople(place.peopleFile), await readMade(place)]
  const { lastUsed, problem } = await readUses(place.stateDir, false)
  return { people: viewPeople(people, { ...made, lastUsed }), problem }
}

/** Returns each person with what they made; `lastUsed` is by principal, such as `key:ID`. */
export function viewPeople(
  people: readonly Person[],
  { lastUsed, ...made }: Made & { readonly lastUsed: ReadonlyMap<string, number> },
): readonly PersonView[] {
  return people.map((person) => {
    const own = madeBy(person.id, made)
    const ids = [
      ...own.keys.map(({ id }) => `key:${id}`),
      ...own.clients.map(({ id }) => `client:${id}`),
    ]
    const uses = ids.flatMap((id) => lastUsed.get(id) ?? [])
    return { person, ...own, lastUsedAt: uses.length === 0 ? null : Math.max(...uses) }
  })
}

/** Returns a person for programs: all that `people.json` has. Instants are ISO 8601. */
export function viewPerson({ createdAt, access, ...person }: Person) {
  return {
    ...person,
    access: access && { ...access, limits: access.limits.map(({ text }) => text) },
    createdAt: createdAt === null ? null : formatInstant(createdAt),
  }
}
