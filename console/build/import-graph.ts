import type { Plugin } from 'rolldown'

/** What of the first view is shared: everything but the overview itself. */
const own = /[\\/]pages[\\/]|[\\/]main\.tsx$/

/** Where the first view begins: the frame, and the page at `/`. */
const beginnings = /[\\/](?:main|overview-page)\.tsx$/

/**
 * Follows which module imports which. What the first view needs becomes one chunk, however many
 * pages use parts of it: many small chunks are larger together.
 */
export function createImportGraph() {
  const imports = new Map<string, readonly string[]>()
  let firstView: ReadonlySet<string> | null = null
  const plugin: Plugin = {
    name: 'import-graph',
    moduleParsed: ({ id, importedIds }) => {
      imports.set(id, importedIds)
    },
  }
  const isOfFirstView = (id: string): boolean => {
    firstView ??= reachedFrom(
      [...imports.keys()].filter((name) => beginnings.test(name)),
      imports,
    )
    return firstView.has(id) && !own.test(id)
  }
  return { plugin, isOfFirstView }
}

/** Returns the modules and everything that they import at once, not on demand. */
function reachedFrom(
  ids: readonly string[],
  imports: ReadonlyMap<string, readonly string[]>,
): ReadonlySet<string> {
  const reached = new Set(ids)
  for (const id of reached) for (const imported of imports.get(id) ?? []) reached.add(imported)
  return reached
}
