import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

const shipped = resolve(import.meta.dirname, '../../../../gatekeeper.yaml')

/**
 * The shipped gatekeeper.yaml with room for an attack's many bad keys: what these tests are about
 * must be refused for what it is, not for its number. `edit` changes the rest.
 */
export function lenientConfig(edit: (text: string) => string = (text) => text): string {
  const roomy = 'version: 1\nattempts: {burst: 1000000, perMinute: 1000000}'
  return edit(readFileSync(shipped, 'utf8')).replace(/^version: 1$/m, roomy)
}
