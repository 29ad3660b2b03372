import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Examination } from '../examination.ts'
import type { Finding } from '../finding.ts'

const mebibyte = 1024 * 1024
const lowBytes = 500 * mebibyte
const fullBytes = 50 * mebibyte

/** Space for state and keys: without it no key can be made and no certificate renewed. */
export const disk: Examination = {
  name: 'disk',
  examine: async ({ settings, outside }) => {
    const folders = [...new Set([settings.stateDir, settings.keysDir].map(existing))]
    const found = await Promise.all(
      folders.map(async (source): Promise<Finding[]> => {
        const bytes = await outside.freeBytes(source)
        if (bytes === null || bytes >= lowBytes) return []
        const what = `has ${Math.floor(bytes / mebibyte)} MiB left on its disk`
        const level = bytes < fullBytes ? 'error' : 'warning'
        return [{ level, source, what, remedy: 'Free some space, or use a folder elsewhere.' }]
      }),
    )
    // Both are usually on one disk; then there is one finding.
    return found.flat().slice(0, 1)
  },
}

/** The folder, or the nearest existing one above it. */
function existing(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : existing(dirname(folder))
}
