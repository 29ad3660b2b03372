import type { Fields } from '../lib/net/fields.ts'

/** A split key as a request shows it: its id, and the client's part. */
export type ShownSplitKey = { readonly id: string; readonly part: string }

/**
 * Returns the split key that the fields show, or null if they show none. `halved` is one field
 * without the other, or twice: a silent use of the server's key would surprise whoever sent it.
 */
export function readSplitKeyFields(fields: Fields): ShownSplitKey | 'halved' | null {
  const [ids, parts] = [fields['x-partial-key-id'] ?? [], fields['x-partial-key'] ?? []]
  if (ids.length === 0 && parts.length === 0) return null
  const [[id = ''], [part = '']] = [ids, parts]
  const isWhole = ids.length === 1 && parts.length === 1 && id !== '' && part !== ''
  return isWhole ? { id, part } : 'halved'
}
