import type { ApiFailure } from '../api-failure.ts'

/** Returns a failure without a place of its own: null if fields of the form show all of it. */
export function unplaced(failure: ApiFailure | null, fields: readonly string[]): ApiFailure | null {
  if (failure === null || failure.problems.length === 0) return failure
  const isShown = ({ path }: { readonly path: string }) =>
    fields.some((name) => path === name || path.startsWith(`${name}.`))
  return failure.problems.every(isShown) ? null : failure
}
