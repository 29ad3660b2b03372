/**
 * Folds a member name as case-insensitive decoders do. Upper case first: Go's decoder reads `ſ`
 * (U+017F) as s and the Kelvin sign (U+212A) as k, which lower case alone would miss.
 */
export function foldName(name: string): string {
  return name.toUpperCase().toLowerCase()
}

/**
 * Returns the plain spelling that Go's decoder reads a name as: letter by letter, unlike
 * `foldName`, which maps `ß` to `ss`. A name with a letter outside ASCII stays unchanged.
 */
export function foldSimply(name: string): string {
  const plain = name.replaceAll('\u017f', 's').replaceAll('\u212a', 'k')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range of ASCII
  return /^[\x00-\x7f]*$/.test(plain) ? plain.toLowerCase() : name
}
