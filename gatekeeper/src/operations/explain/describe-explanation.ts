import type { Explanation } from '../../model/explanation.ts'
import type { WrittenPlace } from '../../model/written-place.ts'
import { createPlaceFinder, describePlace, type PlaceFiles } from './find-places.ts'

/** Returns an explanation for programs: with places as `FILE:LINE member.path`, each once. */
export function describeExplanation(explanation: Explanation, files: PlaceFiles) {
  const find = createPlaceFinder(files)
  const texts = (places: readonly WrittenPlace[]) => [
    ...new Set(places.map((place) => describePlace(find(place)))),
  ]
  const withTexts = <One extends { readonly written: readonly WrittenPlace[] }>(one: One) => ({
    ...one,
    written: texts(one.written),
  })
  return {
    ...explanation,
    checks: explanation.checks.map(withTexts),
    limits: explanation.limits.map(withTexts),
    written: texts(explanation.written),
  }
}
