/** What the words of a command line ask of one suite. */
export type Selection =
  | { readonly words: readonly string[] }
  /** No file of the suite has this in its path. */
  | { readonly unknown: string; readonly files: readonly string[] }

/** Options of vitest whose value is a word of its own. */
const valued = ['-t', '--testNamePattern']

/**
 * Words are parts of paths within a suite, as for vitest, which alone would run the suite's folder
 * beside them. Options go on as they are.
 */
export function selectFiles(given: readonly string[], files: readonly string[]): Selection {
  const isOption = (word: string, at: number) =>
    word.startsWith('-') || valued.includes(given[at - 1] ?? '')
  const options = given.filter(isOption)
  const parts = given.filter((word, at) => !isOption(word, at))
  const unknown = parts.find((part) => !files.some((file) => file.includes(part)))
  if (unknown !== undefined) return { unknown, files }
  const chosen = files.filter((file) => parts.some((part) => file.includes(part)))
  return { words: [...(parts.length === 0 ? files : chosen), ...options] }
}
