import { basename, dirname, isAbsolute } from 'node:path'
import type { Installation } from '../../../../gatekeeper/src/operations/installation.ts'

/**
 * Returns `keys/keys.json` or `gatekeeper.yaml` of an absolute path: where the folders stand on the
 * host is not the matter of a page. Other texts stay as they are.
 */
export function shortPath(path: string, { file }: Pick<Installation, 'file'>): string {
  if (!isAbsolute(path)) return path
  const keysDir = dirname(file)
  if (path === keysDir) return 'keys'
  return dirname(path) === keysDir ? `keys/${basename(path)}` : basename(path)
}
