import { join } from 'node:path'
import { openPeopleStore } from '../../people/people-store.ts'
import { createMakerBound, hasAccess } from '../../policy/person-access.ts'
import { createServiceNames, namesOfAll } from '../../policy/service-names.ts'
import type { AppDeps } from '../app-deps.ts'
import type { AuditPart } from './audit.ts'

export type PeoplePart = Awaited<ReturnType<typeof openPeople>>

/** Opens the people. Rejects with a ProblemsError if their file is broken. */
export async function openPeople(
  { settings, services, log }: AppDeps,
  { recordChange }: Pick<AuditPart, 'recordChange'>,
) {
  const people = await openPeopleStore({
    file: join(settings.keysDir, 'people.json'),
    log,
    onChange: (change) => recordChange('people.reloaded', change),
  })
  return {
    ...people,
    name: 'people',
    boundByMaker: createMakerBound({
      findPerson: people.find,
      serviceNameOf: createServiceNames(services),
      namesOfAll: namesOfAll(services),
    }),
    isMakerActive: (id: string) => hasAccess(people.find(id)),
  }
}
