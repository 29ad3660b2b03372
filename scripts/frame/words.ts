import { exitCode } from '../../gatekeeper/src/lib/problem.ts'

/** The words of a command line after the command's own. */
export type Words = {
  readonly values: Readonly<Record<string, string | boolean | readonly string[] | undefined>>
  readonly positionals: readonly string[]
}

/** The command line cannot be understood. The message lists everything that is wrong with it. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  readonly code = exitCode.usage
}

export function stringOf(words: Words, name: string): string | undefined {
  const value = words.values[name]
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined
}

/** The values of an option that may be repeated, or hold several with commas between them. */
export function listOf(words: Words, name: string): string[] {
  const value = words.values[name]
  const texts = Array.isArray(value) ? value : []
  const entries = texts.flatMap((text: string) => text.split(',')).map((entry) => entry.trim())
  return [...new Set(entries.filter((entry) => entry !== ''))]
}

/** Whether a flag was given. */
export const hasFlag = (words: Words, name: string): boolean => words.values[name] === true

/** Returns a word as a message may show it: in quotes, and hidden if it may be a credential. */
export function showWord(word: string): string {
  return /^[\p{L}\p{N} ._:@/*+,=-]{1,30}$/u.test(word) && !word.startsWith('gk_')
    ? JSON.stringify(word)
    : 'a word that is not shown here'
}

/** Throws a UsageError for a word that does not belong to any option. */
export function refusePositionals({ positionals }: Words, hint = ''): void {
  const [first] = positionals
  if (first === undefined) return
  throw new UsageError(`${showWord(first)} does not belong to any option${hint}`)
}
