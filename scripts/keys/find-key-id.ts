import type { Installation } from '../../gatekeeper/src/operations/installation.ts'
import { readEveryKey } from '../../gatekeeper/src/operations/keys/read-keys.ts'
import { requireKey } from './find-key.ts'

/**
 * Returns the id of the key that `--key` means. Rejects with an UnknownKeyError that names the
 * candidates: explained as an unknown caller, the id would give an answer to another question.
 */
export async function findKeyId(word: string, installation: Installation): Promise<string> {
  return requireKey(word, await readEveryKey(installation), { now: installation.clock() }).id
}
