/** The keys of providers in use: opened when they are needed, and kept as long as their row stands. */
import { randomBytes } from 'node:crypto'
import {
  openProviderKey,
  type ProviderRow,
  type ProviderRows,
  placeOfProvider,
  type Unusable,
} from './provider-file.ts'
import type { Ring } from './ring.ts'
import { type HeldBox, rewrapHeldKey } from './sealed-key.ts'

export type ProviderKeys = {
  /** Returns the key of a provider; null if the vault has none that can be used. */
  readonly keyOf: (name: string) => string | null
  /** Returns for each row why it cannot be used; null if it can. */
  readonly judge: () => readonly JudgedRow[]
  /** Returns the rows that are not sealed to the newest key, sealed to it. */
  readonly rewrap: () => readonly RewrappedRow[]
}

export type JudgedRow = {
  readonly id: string
  readonly kid: string
  readonly fault: Unusable | null
}

/** `before` is the box that the row must still have when it is replaced. */
export type RewrappedRow = HeldBox & { readonly id: string; readonly before: string }

export type ProviderKeysDeps = {
  readonly rows: () => ProviderRows
  readonly ring: () => Ring | null
  /** The configured address of a provider: scheme, host and port; null if there is none. */
  readonly originOf: (name: string) => string | null
}

export function createProviderKeys({ rows, ring, originOf }: ProviderKeysDeps): ProviderKeys {
  type Opened = { readonly ring: Ring | null; readonly result: ReturnType<typeof openProviderKey> }
  const opened = new WeakMap<ProviderRow, Opened>()
  const open = (name: string, row: ProviderRow) => {
    const current = ring()
    const kept = opened.get(row)
    if (kept?.ring === current && kept !== undefined) return kept.result
    const result = openProviderKey(name, row, { origin: originOf(name), ring: current })
    opened.set(row, { ring: current, result })
    return result
  }
  return {
    keyOf: (name) => {
      const all = rows()
      const row = Object.hasOwn(all, name) ? all[name] : undefined
      const result = row && open(name, row)
      return result !== undefined && 'key' in result ? result.key : null
    },
    judge: () =>
      Object.entries(rows()).map(([id, row]) => {
        const result = open(id, row)
        return { id, kid: row.kid, fault: 'key' in result ? null : result }
      }),
    rewrap: () => {
      const current = ring()
      if (current === null) return []
      return Object.entries(rows()).flatMap(([id, row]) => {
        if (row.kid === current[0].kid) return []
        // By its own address: a row for another one than is configured is not lost.
        const place = placeOfProvider(id, row, row.origin)
        const again = rewrapHeldKey(row, place, current, randomBytes)
        return again === null ? [] : [{ id, before: row.box, ...again }]
      })
    },
  }
}
