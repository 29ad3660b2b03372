import { isBorder } from './characters.ts'
import type { Found } from './finding.ts'
import { foldText, placeOf } from './folding.ts'

/**
 * Returns a detector of whole words and phrases, in any letter case and with any accents. Never a part
 * of a longer word.
 */
export function createTermFinder<Type extends string>(
  terms: readonly string[],
  type: Type,
): (text: string) => Found<Type>[] {
  const wanted = terms.map((term) => foldText(term.trim().replaceAll(/\s+/g, ' ')).text)
  return (original) => {
    const folded = foldText(original)
    return wanted.flatMap((term) =>
      occurrencesOf(term, folded.text).map((at) => ({
        ...{ type, confidence: 1 },
        ...placeOf(folded, at, at + term.length),
      })),
    )
  }
}

function occurrencesOf(term: string, text: string): number[] {
  const found: number[] = []
  if (term === '') return found
  for (let at = text.indexOf(term); at !== -1; at = text.indexOf(term, at + 1)) {
    if (isBorder(text, at - 1) && isBorder(text, at + term.length)) found.push(at)
  }
  return found
}
