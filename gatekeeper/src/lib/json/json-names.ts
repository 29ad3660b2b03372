/**
 * Folds a member name as decoders do that compare without regard to case. Upper case first: Go's
 * takes `ſ` (U+017F) for s and the Kelvin sign (U+212A) for k, which lower case alone would miss.
 */
export function foldName(name: string): string {
  return name.toUpperCase().toLowerCase()
}

/**
 * The plain spelling of a name that Go's decoder takes for it: letter by letter, unlike `foldName`,
 * for which `ß` is `ss`. A name that has another letter than those of ASCII stays as it is.
 */
export function foldSimply(name: string): string {
  const plain = name.replaceAll('\u017f', 's').replaceAll('\u212a', 'k')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range of ASCII
  return /^[\x00-\x7f]*$/.test(plain) ? plain.toLowerCase() : name
}
