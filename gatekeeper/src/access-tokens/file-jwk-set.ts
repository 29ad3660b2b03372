import { followFile } from '../lib/files/follow-file.ts'
import { atMostEvery } from '../lib/load/at-most-every.ts'
import { type Problem, ProblemsError } from '../lib/problem.ts'
import type { Timers } from '../lib/timers.ts'
import type { KeySource } from './access-token.ts'
import { type KeySet, readKeySet } from './jwk-set.ts'

/** Reading a file is cheap, and its changes are noticed anyway. */
const refreshMs = 1_000

/** An issuer's keys from a place in our configuration, with the problems there. */
export type WatchedKeySource = KeySource & {
  /** Why the keys in use are not those of the place; empty if they are. */
  readonly problems: () => readonly Problem[]
  readonly close: () => void
}

export type FileKeySourceDeps = {
  readonly timers?: Timers
  /** Logs keys that are ignored. */
  readonly log: { readonly warn: (fields: object, message: string) => void }
}

/**
 * Follows a JWK Set in a file. Rejects with a ProblemsError if it is invalid now. A missing file is
 * an empty set.
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
    // Tokens with invented keys must not cause constant file reads.
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
