import { parseKeyFile } from '../../api-keys/key-file.ts'
import type { KeyRecord } from '../../api-keys/key-record.ts'
import { sha256 } from '../../lib/constant-time.ts'
import type { KnownServices } from '../../model/known-services.ts'
import type { KeyDocument } from './key-entry.ts'

/** Returns a tag of everything that is written about a key; another one after each change of it. */
export function versionOfKey(key: KeyRecord): string {
  return sha256(JSON.stringify(key)).toString('base64url').slice(0, 22)
}

/** Returns a key as a document has it, read as the service reads it; null if there is none. */
export function readEntry(
  { keys }: KeyDocument,
  id: string,
  known: KnownServices,
): KeyRecord | null {
  if (!Object.hasOwn(keys, id)) return null
  const text = JSON.stringify({ version: 1, keys: { [id]: keys[id] } })
  return parseKeyFile(text, 'keys.json', known).keys[0] ?? null
}
