import type { KeyRecord } from '../../gatekeeper/src/api-keys/key-record.ts'
import { mergeKeys } from '../../gatekeeper/src/api-keys/merge-keys.ts'
import { readKeyFile } from '../../gatekeeper/src/operations/keys/key-document.ts'
import { UsageError, type Words } from '../words/words.ts'
import type { Context } from './command.ts'

/**
 * A credential from stdin, or asked for without an echo; never from the command line, where every
 * user of the machine and the shell history see it.
 */
export async function readCredential(
  name: 'Key' | 'Token',
  words: Words,
  context: Context,
): Promise<string> {
  const what = name.toLowerCase()
  if (words.positionals.length > 0) throw new UsageError(`the ${what} is read from stdin`)
  const given = context.ask
    ? await context.ask(name, { isSecret: true })
    : await context.readInput()
  const credential = given.trim()
  if (credential === '') throw new UsageError(`there is no ${what} on stdin`)
  return credential
}

/** The same for a token, also where it was copied with the scheme before it. */
export async function readToken(words: Words, context: Context): Promise<string> {
  return (await readCredential('Token', words, context)).replace(/^bearer\s+/i, '')
}

/** The keys of all files, as the service merges them. */
export async function readEveryKey(context: Context): Promise<readonly KeyRecord[]> {
  const { file, plainFile, services } = context
  const files = plainFile === null ? [file] : [file, plainFile]
  const sources = files.map(async (path) => {
    const read = await readKeyFile(path, services)
    return { file: path, keys: read?.keys ?? [] }
  })
  return mergeKeys(await Promise.all(sources)).keys
}
