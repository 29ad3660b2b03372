/** Bytes held for one request. */
export type ByteLease = {
  /** Takes so many more, or none of them where they are not left. */
  readonly take: (bytes: number) => boolean
  /** Gives back all that was taken; later calls change nothing, and nothing is taken after it. */
  readonly release: () => void
}

export type ByteBudget = {
  /** Opens a lease for a holder, whose leases together get half of the budget at most. */
  readonly open: (holder: string) => ByteLease
  readonly used: () => number
}

/**
 * A budget of bytes that all requests of the process share. One holder alone cannot use it up: by
 * a few bodies that never end it would otherwise stop everybody.
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
