import type { Service } from '../model/service.ts'

/** Returns a function from a service's name or alias to its name; null if there is none. */
export function createServiceNames(
  services: readonly Pick<Service, 'name' | 'aliases'>[],
): (nameOrAlias: string) => string | null {
  const names = new Map(
    services.flatMap(({ name, aliases }) =>
      [name, ...aliases].map((word) => [word, name] as const),
    ),
  )
  return (word) => names.get(word) ?? null
}

/** The same with all names and aliases, for messages that suggest one. */
export function createKnownServices(services: readonly Pick<Service, 'name' | 'aliases'>[]) {
  const names = services.flatMap(({ name, aliases }) => [name, ...aliases])
  return { serviceNameOf: createServiceNames(services), names }
}
