import type { Problem } from '../lib/problem.ts'
import type { KeyRecord } from './key-record.ts'

/** The keys of one file. */
export type KeySource = { readonly file: string; readonly keys: readonly KeyRecord[] }

export type MergedKeys = {
  readonly keys: readonly KeyRecord[]
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
}

/**
 * Merges the keys of several files; the earlier file takes precedence. The same id for two
 * different keys is a problem. The same key in two files, as after an import, is not: the earlier
 * file applies, so that disabling it there works.
 */
export function mergeKeys(sources: readonly KeySource[]): MergedKeys {
  const merged = { keys: [] as KeyRecord[], problems: [] as Problem[], warnings: [] as Problem[] }
  for (const [at, source] of sources.entries()) {
    const earlier = sources.slice(0, at).flatMap(({ keys }) => keys)
    addSource(source, earlier, merged)
  }
  return merged
}

type Merging = {
  readonly keys: KeyRecord[]
  readonly problems: Problem[]
  readonly warnings: Problem[]
}

function addSource(source: KeySource, earlier: readonly KeyRecord[], merged: Merging): void {
  const ids = new Set(earlier.map(({ id }) => id))
  const hashes = new Set(earlier.flatMap(({ secrets }) => secrets.map(({ sha256 }) => sha256)))
  let repeatedCount = 0
  for (const record of source.keys) {
    if (record.secrets.some(({ sha256 }) => hashes.has(sha256))) repeatedCount++
    else if (ids.has(record.id)) merged.problems.push(sameId(source.file, record.id))
    else merged.keys.push(record)
  }
  if (repeatedCount > 0) merged.warnings.push(repeated(source.file, repeatedCount))
}

function sameId(source: string, id: string): Problem {
  return {
    source,
    what: `has the key ${id}, which is also in the other key file`,
    remedy:
      'Remove it from one of the two files. To replace a plain file, import it and then remove it.',
  }
}

function repeated(source: string, count: number): Problem {
  return {
    source,
    what: `repeats ${count} keys of the other key file; only the entries of that file are used`,
    remedy: 'After an import, remove the plain file and its setting.',
  }
}
