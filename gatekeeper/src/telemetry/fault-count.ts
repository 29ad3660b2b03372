import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * How many faults ended a gatekeeper with this state folder. A counter in memory would end with its
 * process before a scrape, so this one is in a file.
 */
export type FaultCount = {
  readonly total: () => number
  /** Adds one. Never throws: if the disk cannot be written, the count is kept in memory. */
  readonly add: () => void
}

export function openFaultCount(stateDir: string): FaultCount {
  const path = join(stateDir, 'faults')
  let total = read(path)
  return {
    total: () => total,
    add: () => {
      total++
      try {
        writeFileSync(`${path}.tmp`, `${total}\n`, { mode: 0o600 })
        renameSync(`${path}.tmp`, path)
      } catch {
        // The process is about to end, and nothing may prevent that.
      }
    },
  }
}

/** An unreadable count is zero: it is for people, and no decision depends on it. */
function read(path: string): number {
  try {
    const text = readFileSync(path, 'utf8').trim()
    return /^\d{1,12}$/.test(text) ? Number(text) : 0
  } catch {
    return 0
  }
}
