/**
 * What a person made may do no more than that person may do now. The narrower always wins, and the
 * limits of a person are counted over everything that the person made.
 */
import type { BoundByMaker, Person, PersonAccess } from '../model/person.ts'
import { anonymous, lesserRole, type Principal } from '../model/principal.ts'

export type PersonAccessDeps = {
  readonly findPerson: (id: string) => Person | null
  readonly serviceNameOf: (nameOrAlias: string) => string | null
  /** The names that `*` includes. */
  readonly namesOfAll: readonly string[]
}

/** Returns whether the person exists, is enabled and has access. */
export function hasAccess(person: Person | null): boolean {
  return person !== null && !person.disabled && person.access !== null
}

export function createMakerBound(deps: PersonAccessDeps): BoundByMaker {
  // A person of a new version of the file is a new object.
  const known = new WeakMap<Person, Principal>()
  const principalOf = (person: Person, access: PersonAccess) => {
    const found = known.get(person) ?? toPrincipal(person, access, deps)
    known.set(person, found)
    return found
  }
  return (principal, madeBy) => {
    if (madeBy === null) return principal
    const person = deps.findPerson(madeBy)
    if (person === null) return 'unknown-person'
    if (person.disabled) return 'disabled-person'
    if (person.access === null) return 'person-without-access'
    return narrow(principal, principalOf(person, person.access))
  }
}

/**
 * Role and services are narrowed here for everything that reads them; the parent is what checks,
 * models and limits go by.
 */
function narrow(principal: Principal, parent: Principal): Principal {
  return {
    ...principal,
    role: lesserRole(principal.role, parent.role),
    services: principal.services.filter((name) => parent.services.includes(name)),
    parent,
  }
}

function toPrincipal(
  { id, name, team }: Person,
  { role, services, models, limits }: PersonAccess,
  { serviceNameOf, namesOfAll }: PersonAccessDeps,
): Principal {
  // `*` never includes `control`, nor services that are granted by name only.
  const granted = services.flatMap((word) =>
    word === '*' ? namesOfAll : (serviceNameOf(word) ?? []),
  )
  return {
    ...anonymous,
    ...{ id: `person:${id}`, kind: 'person', user: name, team, role, models, limits },
    services: [...new Set(granted)],
    // Access says nothing of it: the key and its role do, which members cannot set.
    cloudModels: true,
  }
}
