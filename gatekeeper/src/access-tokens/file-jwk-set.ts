import { followFile } from '../lib/files/follow-file.ts'
import { atMostEvery } from '../lib/load/at-most-every.ts'
import { type Problem, ProblemsError } from '../lib/problem.ts'
import type { Timers } from '../lib/timers.ts'
import type { KeySource } from './access-token.ts'
import { type KeySet, readKeySet } from './jwk-set.ts'

/** A file costs little to read, and its changes are seen by themselves. */
const refreshMs = 1_000

/** Keys of an issuer that come from a place of ours, with what is wrong there. */
export type WatchedKeySource = KeySource & {
  /** Why the keys in force are not what the place says; empty where all is well. */
  readonly problems: () => readonly Problem[]
  readonly close: () => void
}

export type FileKeySourceDeps = {
  readonly timers?: Timers
  /** Receives the keys that are left out. */
  readonly log: { readonly warn: (fields: object, message: string) => void }
}

/**
 * Follows a JWK Set in a file. Rejects with a ProblemsError if it is broken now. A file that does not
 * exist is an empty set.
 */
export async function openFileKeySource(
  path: string,
  deps: FileKeySourceDeps,
): Promise<WatchedKeySource> {
  const followed = await followFile<KeySet>({
    path,
    interpret: (text) => interpret(text, path, deps),
    absent: () => interpret('{"keys":[]}', path, deps),
    unreadable: (code) => ({ source: path, what: `cannot be read (${code})`, remedy }),
    timers: deps.timers,
  })
  return {
    current: followed.current,
    // Tokens with invented keys must not make us read files all day.
    refresh: atMostEvery(refreshMs, followed.reload),
    problems: followed.problems,
    close: followed.close,
  }
}

const remedy = 'Write the public keys of the issuer into it: {"keys": [...]} (RFC 7517).'

function interpret(text: string, source: string, { log }: FileKeySourceDeps): KeySet {
  const read = readKeySet(text)
  if ('problem' in read) throw new ProblemsError([{ source, what: read.problem, remedy }])
  for (const { at, kid, why } of read.leftOut) {
    log.warn({ file: source, key: at, kid }, `a key of the set is ignored: it ${why}`)
  }
  return read.keySet
}
