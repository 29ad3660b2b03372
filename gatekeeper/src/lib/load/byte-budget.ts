/** Bytes held for one request. */
export type ByteLease = {
  /** Takes this many more bytes, or none if fewer are left. */
  readonly take: (bytes: number) => boolean
  /** Returns all bytes to the budget; later calls have no effect, and `take` fails afterwards. */
  readonly release: () => void
}

export type ByteBudget = {
  /** Opens a lease for a holder. All leases of one holder get at most half of the budget. */
  readonly open: (holder: string) => ByteLease
  readonly used: () => number
}

/**
 * A budget of bytes that all requests of the process share. One holder alone cannot use it up:
 * otherwise a few bodies that never end would block all other callers.
 */
export function createByteBudget(bytesMax: number): ByteBudget {
  const perHolder = new Map<string, number>()
  let used = 0
  const add = (holder: string, bytes: number) => {
    used += bytes
    const held = (perHolder.get(holder) ?? 0) + bytes
    if (held === 0) perHolder.delete(holder)
    else perHolder.set(holder, held)
  }
  return {
    used: () => used,
    open: (holder) => {
      let held = 0
      let isOpen = true
      return {
        take: (bytes) => {
          const left = Math.min(bytesMax - used, bytesMax / 2 - (perHolder.get(holder) ?? 0))
          if (!isOpen || bytes > left) return false
          held += bytes
          add(holder, bytes)
          return true
        },
        release: () => {
          if (isOpen) add(holder, -held)
          isOpen = false
        },
      }
    },
  }
}
