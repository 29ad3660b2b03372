import type { FileState } from '../lib/files/stable-read.ts'
import { watchFile } from '../lib/files/watched-file.ts'
import { atMostEvery } from '../lib/load/at-most-every.ts'
import type { Problem } from '../lib/problem.ts'
import { ProblemsError } from '../lib/problem.ts'
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
  /** Told of keys that are left out, and of each reload. */
  readonly log: { readonly warn: (fields: object, message: string) => void }
}

/**
 * Follows a JWK Set in a file. Broken at the start it rejects with a ProblemsError; later the last
 * good keys stay, and `problems()` says so. A file that is absent is an empty set.
 */
export async function openFileKeySource(
  path: string,
  deps: FileKeySourceDeps,
): Promise<WatchedKeySource> {
  let current: KeySet | null = null
  let problem: Problem | null = null
  const apply = (state: FileState) => {
    const read = readState(state, path)
    problem = 'what' in read ? read : null
    if ('what' in read) return
    current = read.keySet
    for (const { at, kid, why } of read.leftOut) {
      deps.log.warn({ file: path, key: at, kid }, `a key of the set is left out: it ${why}`)
    }
  }
  const watched = await watchFile(path, apply, deps.timers)
  apply(watched.first)
  if (problem !== null) {
    watched.close()
    throw new ProblemsError([problem])
  }
  return {
    current: () => current,
    // Tokens with invented keys must not make us read files all day.
    refresh: atMostEvery(refreshMs, watched.check),
    problems: () => (problem === null ? [] : [problem]),
    close: watched.close,
  }
}

function readState(state: FileState, source: string) {
  const remedy = 'Write the public keys of the issuer into it: {"keys": [...]} (RFC 7517).'
  if (state.kind === 'unreadable') {
    return { source, what: `cannot be read (${state.code})`, remedy }
  }
  const read = readKeySet(state.kind === 'absent' ? '{"keys":[]}' : state.text)
  return 'problem' in read ? { source, what: read.problem, remedy } : read
}
