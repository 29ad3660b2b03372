import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseKeyFile } from '../../api-keys/key-file.ts'
import type { KeyFile } from '../../api-keys/key-record.ts'
import { describeUnreadable } from '../../api-keys/unreadable.ts'
import type { Settings } from '../../config/read-settings.ts'
import { decodeText } from '../../lib/files/text-file.ts'
import type { Service } from '../../model/service.ts'
import { createKnownServices } from '../../policy/service-names.ts'

/** One key file that is there. `text` may hold keys in clear: it is never shown. */
export type KeySet = { readonly path: string; readonly text: string; readonly file: KeyFile }

/** Reads `keys.json` and the plain map of older set-ups, as far as they exist. */
export async function readKeySets(
  settings: Settings,
  services: readonly Service[],
): Promise<KeySet[]> {
  const known = createKnownServices(services)
  const paths = [join(settings.keysDir, 'keys.json'), settings.apiKeysFile]
  const sets: KeySet[] = []
  for (const path of paths.filter((one) => one !== null)) {
    try {
      const text = decodeText(await readFile(path))
      sets.push({ path, text, file: parseKeyFile(text, path, known) })
    } catch (error) {
      const { code = 'unknown' } = error as NodeJS.ErrnoException
      if (code === 'ENOENT') continue
      const problems = [describeUnreadable(path, code, process.getuid?.() ?? null)]
      sets.push({ path, text: '', file: { form: 'version 1', keys: [], problems, warnings: [] } })
    }
  }
  return sets
}
