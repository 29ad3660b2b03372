import type { BoundByMaker } from '../../model/person.ts'
import { createMakerBound } from '../../policy/person-access.ts'
import type { Installation } from '../installation.ts'
import { readPeople } from './people-writer.ts'

/**
 * Reads how the makers of keys and clients bound them, as the service does it. Rejects with a
 * ProblemsError if `people.json` is invalid.
 */
export async function readMakerBound({
  peopleFile,
  services,
}: Pick<Installation, 'peopleFile' | 'services'>): Promise<BoundByMaker> {
  const people = new Map((await readPeople(peopleFile)).map((person) => [person.id, person]))
  return createMakerBound({
    findPerson: (id) => people.get(id) ?? null,
    serviceNameOf: services.serviceNameOf,
    namesOfAll: services.namesOfAll,
  })
}
