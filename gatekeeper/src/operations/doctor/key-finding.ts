import type { KeyRecord } from '../../api-keys/key-record.ts'
import type { Finding } from './finding.ts'

const shownMax = 5

/**
 * Returns one finding for all keys of a kind, or none without such keys: a large key file must not
 * hide the rest. `what` follows the names of the keys.
 */
export function findingOfKeys(of: readonly KeyRecord[], finding: Finding): Finding[] {
  if (of.length === 0) return []
  const names = of.slice(0, shownMax).map(({ id, user }) => `${id} (${user})`)
  const more = of.length > shownMax ? ` and ${of.length - shownMax} more` : ''
  return [{ ...finding, what: `${names.join(', ')}${more} ${finding.what}` }]
}
