import type { KeyRecord } from '../../api-keys/key-record.ts'
import { hasTag } from '../../api-keys/key-tag.ts'
import { mergeKeys } from '../../api-keys/merge-keys.ts'
import { ProblemsError } from '../../lib/problem.ts'
import type { Installation } from '../installation.ts'
import { readLastUsed } from '../usage/last-used.ts'
import { readKeyFile } from './key-document.ts'

type Files = Pick<Installation, 'file' | 'plainFile' | 'services'>

/** Returns the keys of `keys.json`; none if there is no file. */
export async function readKeys({ file, services }: Files): Promise<readonly KeyRecord[]> {
  return (await readKeyFile(file, services))?.keys ?? []
}

/** Returns the keys of all files, merged as the service merges them. */
export async function readEveryKey(files: Files): Promise<readonly KeyRecord[]> {
  const { file, plainFile } = files
  const paths = plainFile === null ? [file] : [file, plainFile]
  const sources = paths.map(async (path) => ({
    file: path,
    keys: await readKeys({ ...files, file: path }),
  }))
  return mergeKeys(await Promise.all(sources)).keys
}

/** Criteria for keys of `keys.json`; null and an empty list exclude none. */
export type KeyQuestion = {
  readonly user: string | null
  readonly team: string | null
  /** All of these tags: `env=prod`, or `env` with any value. */
  readonly tags: readonly string[]
  /** Neither made nor used within this time. */
  readonly unusedMs: number | null
}

export type FoundKeys = {
  readonly found: readonly { readonly key: KeyRecord; readonly lastUsedAt: number | null }[]
  /** How many keys the file has. */
  readonly total: number
  /** Why last uses are unknown; null if they are known. */
  readonly problem: string | null
}

/** Finds keys. Rejects when `unusedMs` is given and the last uses cannot be read. */
export async function findKeys(
  { user, team, tags, unusedMs }: KeyQuestion,
  installation: Installation,
): Promise<FoundKeys> {
  const keys = await readKeys(installation)
  const { lastUsed, problem } = await readUses(installation.stateDir, unusedMs !== null)
  const lastUsedAt = (id: string) => lastUsed.get(`key:${id}`) ?? null
  const unusedSince = unusedMs === null ? null : installation.clock() - unusedMs
  const isUnused = ({ id, createdAt }: KeyRecord) =>
    unusedSince === null || Math.max(lastUsedAt(id) ?? 0, createdAt ?? 0) < unusedSince
  const wanted = keys.filter(
    (key) =>
      tags.every((tag) => hasTag(key.tags, tag)) &&
      (user === null || key.user === user) &&
      (team === null || key.team === team) &&
      isUnused(key),
  )
  const found = wanted.map((key) => ({ key, lastUsedAt: lastUsedAt(key.id) }))
  return { found, total: keys.length, problem }
}

/**
 * Returns when each principal was last used, or why that is unknown; rejects in that case if
 * `isNeeded`.
 */
export async function readUses(stateDir: string, isNeeded: boolean) {
  try {
    return { lastUsed: await readLastUsed(stateDir), problem: null }
  } catch (error) {
    if (isNeeded) throw error
    const problem = error instanceof ProblemsError ? error.message : (error as Error).name
    return { lastUsed: new Map<string, number>(), problem }
  }
}
