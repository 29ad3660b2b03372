/** Folding of a text into what a reader takes it for, with the way back to the original's places. */

export type Folded = {
  /** Lower case, without signs that nobody sees, with look-alikes as Latin letters. */
  readonly text: string
  /**
   * The place in the original of each UTF-16 unit of the folded text, and one for its end. Null where
   * they are the same.
   */
  readonly places: Uint32Array | null
}

/** Zero-width, direction and combining marks, soft hyphens, tags: they hide words from patterns. */
const invisible = /\p{Default_Ignorable_Code_Point}|\p{M}/u

/** Letters of other scripts that look like Latin ones: the confusables that texts really use. */
const lookAlikes: Readonly<Record<string, string>> = Object.fromEntries(
  [
    ['аạɑα', 'a'],
    ['сϲⅽ', 'c'],
    ['ԁⅾ', 'd'],
    ['еҽɛε℮', 'e'],
    ['ɡց', 'g'],
    ['һհ', 'h'],
    ['іїıɩιⅰ', 'i'],
    ['јϳ', 'j'],
    ['кκ', 'k'],
    ['ӏⅼ', 'l'],
    ['мⅿ', 'm'],
    ['ոпη', 'n'],
    ['оοօσө', 'o'],
    ['рρ', 'p'],
    ['ԛ', 'q'],
    ['г', 'r'],
    ['ѕꜱ', 's'],
    ['тτ', 't'],
    ['υսц', 'u'],
    ['ѵνⅴ', 'v'],
    ['ԝѡω', 'w'],
    ['хχⅹ', 'x'],
    ['уүγ', 'y'],
    ['ᴢ', 'z'],
  ].flatMap(([from = '', to = '']) => [...from].map((letter) => [letter, to])),
)

/** Returns the folded text. Each character of the original is folded alone, in linear time. */
export function foldText(original: string): Folded {
  if (/^[\0-\x7f]*$/.test(original)) return { text: original.toLowerCase(), places: null }
  const known = new Map<string, string>()
  const parts: string[] = []
  const places: number[] = []
  let at = 0
  for (const character of original) {
    const folded = known.get(character) ?? remember(known, character)
    for (let unit = 0; unit < folded.length; unit++) places.push(at)
    parts.push(folded)
    at += character.length
  }
  places.push(original.length)
  return { text: parts.join(''), places: Uint32Array.from(places) }
}

/** Bounded by the characters that exist; a text has few different ones. */
function remember(known: Map<string, string>, character: string): string {
  const folded = foldCharacter(character)
  known.set(character, folded)
  return folded
}

function foldCharacter(character: string): string {
  if (invisible.test(character)) return ''
  const plain = character.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase()
  return [...plain].map((letter) => lookAlikes[letter] ?? letter).join('')
}

/** Returns the place in the original of a match in the folded text. */
export function placeOf({ places }: Folded, start: number, end: number) {
  if (places === null) return { start, end }
  return { start: places[start] ?? 0, end: places[end] ?? places.at(-1) ?? 0 }
}

/** Replaces the matches of a global pattern by texts that are not longer. */
export function replaceFolded(
  { text, places }: Folded,
  form: RegExp,
  write: (match: string) => string,
): Folded {
  const matches = [...text.matchAll(form)].filter(({ 0: match }) => write(match) !== match)
  if (matches.length === 0) return { text, places }
  const parts: string[] = []
  const kept = new Uint32Array(text.length + 1)
  const placeAt = (at: number) => (places === null ? at : (places[at] ?? 0))
  let [from, length] = [0, 0]
  const keep = (to: number) => {
    parts.push(text.slice(from, to))
    for (let at = from; at < to; at++) kept[length++] = placeAt(at)
  }
  for (const { 0: match, index } of matches) {
    keep(index)
    const written = write(match)
    parts.push(written)
    for (let at = 0; at < written.length; at++) kept[length++] = placeAt(index)
    from = index + match.length
  }
  keep(text.length)
  kept[length++] = placeAt(text.length)
  return { text: parts.join(''), places: kept.subarray(0, length) }
}
