import { controlName } from '../model/known-services.ts'
import type { Service } from '../model/service.ts'

/** Returns a function from a name or alias to the name of its service; null if there is none. */
export function createServiceNames(
  services: readonly Pick<Service, 'name' | 'aliases'>[],
): (nameOrAlias: string) => string | null {
  const names = new Map(
    services.flatMap(({ name, aliases }) =>
      [name, ...aliases].map((word) => [word, name] as const),
    ),
  )
  return (word) => (word === controlName ? controlName : (names.get(word) ?? null))
}

/** The same with all names and aliases, for messages that suggest one. */
export function createKnownServices(services: readonly Pick<Service, 'name' | 'aliases'>[]) {
  const names = services.flatMap(({ name, aliases }) => [name, ...aliases])
  return { serviceNameOf: createServiceNames(services), names: [...names, controlName] }
}

/** Returns the names of the services that `*` includes. */
export function namesOfAll(services: readonly Pick<Service, 'name' | 'kind'>[]): readonly string[] {
  return services.filter(({ kind }) => !kind.byNameOnly).map(({ name }) => name)
}
