import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * How many faults ended a gatekeeper on this state folder. A counter in memory ends with the process
 * that it counts, before anybody reads it, so this one is in a file.
 */
export type FaultCount = {
  readonly total: () => number
  /** Counts one more. Never throws: where the disk takes nothing, this process still knows it. */
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
        // The process is about to end, and nothing may keep it from that.
      }
    },
  }
}

/** What cannot be read counts as none: it is a figure for people, and no decision depends on it. */
function read(path: string): number {
  try {
    const text = readFileSync(path, 'utf8').trim()
    return /^\d{1,12}$/.test(text) ? Number(text) : 0
  } catch {
    return 0
  }
}
