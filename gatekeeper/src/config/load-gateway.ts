import { describeEncoding } from '../lib/files/text-file.ts'
import type { Kind } from '../model/kind.ts'
import { failedGateway, type Gateway, readGatewayFile } from './gateway-file.ts'
import type { Settings } from './read-settings.ts'

/**
 * Reads the `gatekeeper.yaml` that the settings name; an unreadable file is a problem. `kinds` are
 * the kinds that it may name; by default all that are shipped.
 */
export function loadGateway(
  settings: Settings,
  readFile: (path: string) => string,
  kinds?: readonly Kind[],
): Gateway {
  const source = settings.configFile
  try {
    return readGatewayFile(readFile(source), source, { settings, readFile, kinds })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const what = code === undefined ? 'cannot be parsed' : `cannot be read (${code})`
    const remedy = 'Set GATEKEEPER_CONFIG to a readable gatekeeper.yaml.'
    return failedGateway([{ source, ...(describeEncoding(code ?? '') ?? { what, remedy }) }])
  }
}
