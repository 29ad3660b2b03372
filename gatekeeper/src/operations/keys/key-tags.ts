import { ProblemsError } from '../../lib/problem.ts'
import type { Installation } from '../installation.ts'
import { readEveryKey } from './read-keys.ts'

/** The tags of keys, for reports: usage log and audit name keys only by their ids. */
export type KeyTags = {
  /** By principal (`key:ID`); only keys with tags. */
  readonly byPrincipal: ReadonlyMap<string, readonly string[]>
  /** Why the tags are unknown; null if they are known. */
  readonly problem: string | null
}

/**
 * Reads the tags that keys have now. They are not recorded with each request: a tag such as
 * `owner=ada` names a person, and a corrected tag should also count for earlier requests.
 */
export async function readKeyTags(installation: Installation): Promise<KeyTags> {
  try {
    const keys = await readEveryKey(installation)
    const tagged = keys.filter(({ tags }) => tags.length > 0)
    const byPrincipal = new Map(tagged.map(({ id, tags }) => [`key:${id}`, tags]))
    return { byPrincipal, problem: null }
  } catch (error) {
    const what = error instanceof ProblemsError ? error.message : (error as Error).name
    return { byPrincipal: new Map(), problem: `tags of keys are unknown: ${what}` }
  }
}
