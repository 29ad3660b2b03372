import { UsageError, type Words } from '../frame/words.ts'
import type { Context } from './context.ts'

/**
 * Reads a credential from stdin, or asks for it without an echo; never from the command line, where
 * every user of the machine and the shell history see it.
 */
export async function readCredential(
  name: 'Key' | 'Token',
  words: Words,
  { ask, readInput }: Context,
): Promise<string> {
  const what = name.toLowerCase()
  if (words.positionals.length > 0) throw new UsageError(`the ${what} is read from stdin`)
  const given = ask ? await ask(name, { isSecret: true }) : await readInput()
  const credential = given.trim()
  if (credential === '') throw new UsageError(`there is no ${what} on stdin`)
  return credential
}

/** The same for a token, also one that was copied with the scheme before it. */
export async function readToken(words: Words, context: Context): Promise<string> {
  return (await readCredential('Token', words, context)).replace(/^bearer\s+/i, '')
}
