/**
 * Returns the known word that the given one was most likely meant to be; null when none is close.
 * Close is one typing error for each three letters, or the beginning of a longer word.
 */
export function nearestWord(word: string, known: Iterable<string>): string | null {
  const wanted = word.toLowerCase()
  let best: { readonly name: string; readonly distance: number } | null = null
  for (const name of known) {
    const distance = distanceOf(wanted, name.toLowerCase())
    if (distance <= farthest(wanted) && (best === null || distance < best.distance)) {
      best = { name, distance }
    }
  }
  return best?.name ?? null
}

/** Returns ` (did you mean X?)`, or nothing when no known word is close. */
export function didYouMean(word: string, known: Iterable<string>): string {
  const name = nearestWord(word, known)
  return name === null ? '' : ` (did you mean ${name}?)`
}

const farthest = (word: string) => Math.max(1, Math.floor(word.length / 3))
// Longer words are not typing errors, and computing the distance costs the product of the lengths.
const charsMax = 60
const prefixMin = 3

function distanceOf(word: string, name: string): number {
  if (word.length > charsMax || name.length > charsMax) return Number.POSITIVE_INFINITY
  if (word.length >= prefixMin && name.startsWith(word)) return 0.5
  return editDistance(word, name)
}

/** Insertions, deletions, replacements and swaps of neighbours (optimal string alignment). */
function editDistance(one: string, other: string): number {
  const rows: number[][] = [[...Array(other.length + 1).keys()]]
  for (let i = 1; i <= one.length; i++) {
    const row = [i]
    for (let j = 1; j <= other.length; j++) {
      const isSame = one[i - 1] === other[j - 1]
      const replaced = at(rows, i - 1, j - 1) + (isSame ? 0 : 1)
      let least = Math.min(at(rows, i - 1, j) + 1, (row[j - 1] as number) + 1, replaced)
      const isSwap = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]
      if (isSwap) least = Math.min(least, at(rows, i - 2, j - 2) + 1)
      row.push(least)
    }
    rows.push(row)
  }
  return at(rows, one.length, other.length)
}

const at = (rows: readonly (readonly number[])[], i: number, j: number) => rows[i]?.[j] as number
