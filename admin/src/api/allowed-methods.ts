/** Which methods a path of the admin API has, for answers that refuse another one (RFC 9110 §15.5.6). */
import type { Endpoint } from './endpoint.ts'

/** Returns the methods of a path below the prefix; none if there is nothing under it. */
export type FindMethods = (path: string) => readonly string[]

/**
 * Returns a function that finds the methods of a path. A path that is written out wins over one with
 * an id: `/keys/disable` is not a key.
 */
export function createMethodFinder(
  rows: readonly Pick<Endpoint, 'method' | 'path'>[],
): FindMethods {
  const methods = new Map<string, string[]>()
  for (const { method, path } of rows) {
    const found = methods.get(path) ?? []
    found.push(...(method === 'GET' ? ['GET', 'HEAD'] : [method]))
    methods.set(path, found)
  }
  const variable = [...methods]
    .filter(([path]) => path.includes(':'))
    .map(([path, found]) => ({ pattern: patternOf(path), found }))
  return (path) =>
    methods.get(path) ?? variable.find(({ pattern }) => pattern.test(path))?.found ?? []
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll('.', '\\.').replace(/:\w+/g, '[^/]+')}$`)
}
