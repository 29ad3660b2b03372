import { join } from 'node:path'
import type { Settings } from '../../gatekeeper/src/config/read-settings.ts'
import { systemClock } from '../../gatekeeper/src/lib/clock.ts'
import { readKeyFile } from '../../gatekeeper/src/operations/keys/key-document.ts'
import { chooseKey } from '../keys/find-key.ts'

/**
 * The id of the key that `--key` means. Rejects with an UnknownKeyError that names the candidates:
 * an unknown id would be explained as a stranger, which is not what was asked.
 */
export async function findKeyId(word: string, settings: Settings): Promise<string> {
  const files = [join(settings.keysDir, 'keys.json'), settings.apiKeysFile]
  const known = { serviceNameOf: (name: string) => name }
  const read = await Promise.all(
    files.filter((file) => file !== null).map((file) => readKeyFile(file, known)),
  )
  const keys = read.flatMap((file) => file?.keys ?? [])
  return chooseKey(word, keys, { now: systemClock() }).id
}
