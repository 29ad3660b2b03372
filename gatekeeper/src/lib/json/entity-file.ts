/**
 * What every JSON file of entities needs (keys, clients) that people write or change by hand: each
 * problem with its place. `what` never quotes a value, which may be a secret in the wrong place.
 */
import type { Problem } from '../problem.ts'
import { findDuplicateNames, type JsonPath, locateAll, placeAt } from './json-place.ts'
import { locateSyntaxError } from './json-syntax.ts'

/** A problem before its place is known; one of the whole file has an empty path. */
export type Finding = { readonly path: JsonPath; readonly what: string; readonly remedy: string }

/** Returns where and why the text is not JSON; null if it is. */
export function findSyntaxProblem(text: string, source: string, remedy: string): Problem | null {
  const error = locateSyntaxError(text)
  return error && { source, ...error, remedy }
}

// Nobody reads more at once, and each place costs a walk over the lines before it.
const placesMax = 50

/**
 * `JSON.parse` keeps the last of two members with one name, so an entity could be disabled for the
 * reader of the file and enabled for us. The text must have passed `JSON.parse`.
 */
export function findDuplicates(text: string, source: string): Problem[] {
  return findDuplicateNames(text)
    .slice(0, placesMax)
    .map(({ offset }) => ({
      source,
      ...placeAt(text, offset),
      what: 'a member is repeated here',
      remedy: 'Remove one of the two.',
    }))
}

/** Gives the findings their places. The text must have passed `JSON.parse`. */
export function placeFindings(
  text: string,
  source: string,
  findings: readonly Finding[],
): Problem[] {
  if (findings.length === 0) return []
  const shown = findings.slice(0, placesMax)
  const paths = shown.map(({ path }) => path)
  const places = locateAll(text, paths)
  const placed = shown.map(({ what, remedy, path }, at) => {
    return { source, ...(path.length > 0 && places[at]), what, remedy }
  })
  const more = findings.length - shown.length
  if (more === 0) return placed
  const what = `and ${more} more problems of this kind`
  return [...placed, { source, what, remedy: 'Correct these first.' }]
}
