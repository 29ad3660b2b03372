/** The record of a change of `keys.json`: ids and names of members, no secret. */
import type { KeyDocument, KeyEntry } from './key-entry.ts'

export type KeyAct =
  | {
      readonly event:
        | 'key.added'
        | 'key.removed'
        | 'key.rotated'
        | 'key.disabled'
        | 'key.enabled'
        | 'key.edited'
      readonly key: string
      readonly owner: string
      /** The previous owner, if it changes. */
      readonly formerOwner?: string
      readonly role: string
      readonly services: readonly string[]
      /** The team of the key, if it has one. */
      readonly team?: string
      /** Names of the changed members; none if the key was added or removed. */
      readonly members?: readonly string[]
    }
  /** The recorded change could not be written. */
  | { readonly event: 'keys.unwritten'; readonly keys: readonly string[] }

export type RecordKeyActs = (acts: readonly KeyAct[]) => Promise<void>

type Change = Exclude<KeyAct, { readonly event: 'keys.unwritten' }>

/** Returns one act for each key that differs between the documents. */
export function describeKeyChange(before: KeyDocument, after: KeyDocument): Change[] {
  if (before === after) return []
  const ids = new Set([...Object.keys(before.keys), ...Object.keys(after.keys)])
  return [...ids].flatMap((id) => describe(id, before.keys[id], after.keys[id]) ?? [])
}

function describe(
  key: string,
  old: KeyEntry | undefined,
  entry: KeyEntry | undefined,
): Change | null {
  const known = entry ?? old
  if (known === undefined) return null
  const { user: owner, role, services, team } = known
  const parts = { key, owner, role, services, ...(team !== undefined && { team }) }
  if (old === undefined) return { event: 'key.added', ...parts }
  if (entry === undefined) return { event: 'key.removed', ...parts }
  const members = changedMembers(old, entry)
  if (members.length === 0) return null
  const former = old.user === owner ? {} : { formerOwner: old.user }
  return { event: nameOf(members, entry), ...parts, ...former, members }
}

function changedMembers(old: KeyEntry, entry: KeyEntry): string[] {
  const names = new Set([...Object.keys(old), ...Object.keys(entry)]) as Set<keyof KeyEntry>
  return [...names].filter((name) => JSON.stringify(old[name]) !== JSON.stringify(entry[name]))
}

function nameOf(members: readonly string[], entry: KeyEntry): Change['event'] {
  if (members.includes('secrets')) return 'key.rotated'
  if (!members.includes('disabled')) return 'key.edited'
  return entry.disabled === true ? 'key.disabled' : 'key.enabled'
}
