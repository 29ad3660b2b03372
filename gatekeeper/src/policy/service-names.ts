import type { Service } from './service.ts'

/** Returns a function from a service's name or alias to its name; null where there is none. */
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
