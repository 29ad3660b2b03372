import type { KeyRecord } from './key-record.ts'

/** Ids of the keys by which two sets differ. */
export type KeySetChange = {
  readonly added: readonly string[]
  readonly removed: readonly string[]
  readonly changed: readonly string[]
}

/** Keys that are compared before other work gets a turn. */
const stepKeys = 500

/** Compares two sets in steps, because each may have a hundred thousand keys. */
export function* compareKeys(
  before: readonly KeyRecord[],
  after: readonly KeyRecord[],
): Generator<undefined, KeySetChange> {
  const left = new Map(before.map((record) => [record.id, record]))
  const added: string[] = []
  const changed: string[] = []
  for (const [at, record] of after.entries()) {
    const old = left.get(record.id)
    left.delete(record.id)
    if (old === undefined) added.push(record.id)
    else if (old !== record && JSON.stringify(old) !== JSON.stringify(record)) {
      changed.push(record.id)
    }
    if (at % stepKeys === stepKeys - 1) yield
  }
  return { added, removed: [...left.keys()], changed }
}
